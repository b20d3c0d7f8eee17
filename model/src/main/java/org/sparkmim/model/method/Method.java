package org.sparkmim.model.method;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.sparkmim.model.nn.Positions;

/** The published methods, with what their code fixes beside shapes. */
public enum Method {
  /** He et al., CVPR 2022: one decoder on the last block. */
  MAE("mae", "MAE", Positions.Order.COLUMN_FIRST, List.of()) {
    @Override
    Published published(int depth) {
      return Mae.published(depth);
    }

    @Override
    public MimModel build(ModelSpec spec, int batch, Predicted predicted) {
      return Mae.build(spec, batch, predicted);
    }
  },
  /** Wang et al., CVPR 2023: a decoder and a scale for each of several blocks. */
  LOCALMIM("localmim", "LocalMIM", Positions.Order.COLUMN_FIRST, List.of()) {
    @Override
    Published published(int depth) {
      return LocalMim.published(depth);
    }

    @Override
    public MimModel build(ModelSpec spec, int batch, Predicted predicted) {
      return LocalMim.build(spec, batch, predicted);
    }

    @Override
    List<FixedTensor> ownFixedTensors(ModelSpec spec) {
      return LocalMim.fixedTensors(spec);
    }
  },
  /** Liu et al., ICCV 2023 (mmpretrain): MAE on a mixture of several blocks. */
  MFF("mff", "MFF", Positions.Order.ROW_FIRST, List.of("token")) {
    @Override
    Published published(int depth) {
      return Mae.publishedWithFusion(depth);
    }

    @Override
    public MimModel build(ModelSpec spec, int batch, Predicted predicted) {
      return Mae.build(spec, batch, predicted);
    }
  },
  /** Xue et al., CVPR 2023: no decoder; visible tokens match a frozen teacher's. */
  MASKALIGN("maskalign", "MaskAlign", Positions.Order.COLUMN_FIRST, List.of("distill_weights")) {
    @Override
    Published published(int depth) {
      return MaskAlign.published(depth);
    }

    @Override
    public MimModel build(ModelSpec spec, int batch, Predicted predicted) {
      return MaskAlign.build(spec, batch);
    }

    @Override
    List<FixedTensor> ownFixedTensors(ModelSpec spec) {
      return List.of();
    }
  };

  private final String key;
  private final String title;
  private final Positions.Order positions;
  private final List<String> undecayed;

  Method(String key, String title, Positions.Order positions, List<String> undecayed) {
    this.key = key;
    this.title = title;
    this.positions = positions;
    this.undecayed = undecayed;
  }

  /** Its parts as published, for an encoder of that depth. */
  abstract Published published(int depth);

  /**
   * The training network for minibatches of {@code batch} images.
   *
   * @param predicted read by the decoders of a ViT; other networks have one form
   */
  public abstract MimModel build(ModelSpec spec, int batch, Predicted predicted);

  List<FixedTensor> ownFixedTensors(ModelSpec spec) {
    return Mae.fixedTensors(spec);
  }

  /** Tensors of a published checkpoint that are not trained. */
  public List<FixedTensor> fixedTensors(ModelSpec spec) {
    return spec.encoder() instanceof SwinShape
        ? ownFixedTensors(spec)
        : VitEncoder.fixedTensors(spec, ownFixedTensors(spec));
  }

  /** Name in the configuration. */
  public String key() {
    return key;
  }

  /** Name in its paper. */
  public String title() {
    return title;
  }

  /** Which half of a position encodes the row. */
  public Positions.Order positions() {
    return positions;
  }

  List<String> undecayed() {
    return undecayed;
  }

  static Method of(String key) {
    return Arrays.stream(values())
        .filter(method -> method.key.equals(key))
        .findFirst()
        .orElse(null);
  }

  static String keys() {
    return Arrays.stream(values()).map(Method::key).collect(Collectors.joining(", "));
  }
}
