package org.sparkmim.model.method;

import static org.sparkmim.model.method.Rules.require;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A {@link ModelSpec} in the words of the configuration; {@code auto} is what was published. */
final class ModelSettings {
  private static final String AUTO = "auto";

  private final Config model;

  private ModelSettings(Config model) {
    this.model = model;
  }

  static ModelSpec read(Config model) {
    return new ModelSettings(model).spec();
  }

  private ModelSpec spec() {
    Method method = Method.of(model.getString("method"));
    require(
        method != null,
        "model.method",
        model.getString("method"),
        "is not one of " + Method.keys());
    if (model.getString("arch").startsWith("swin")) {
      return onSwin(method);
    }
    VitShape encoder = encoder("", size("patch-size", 16));
    Published published = method.published(encoder.depth());
    ModelSpec.Decoder decoder = published.decoder();
    boolean aligns = method == Method.MASKALIGN;
    return new ModelSpec(
        method,
        model.getInt("image-size"),
        encoder,
        isAuto("taps") ? published.taps() : model.getIntList("taps"),
        isAuto("scales") || aligns ? published.scales() : model.getDoubleList("scales"),
        isAuto("fused") ? published.fused() : model.getIntList("fused"),
        new ModelSpec.Decoder(
            size("decoder.width", decoder.width()),
            size("decoder.depth", decoder.depth()),
            size("decoder.heads", decoder.heads())),
        masking(published, 32),
        target(published),
        aligns ? alignment() : null,
        model.getDouble("drop-path"));
  }

  private ModelSpec onSwin(Method method) {
    SwinShape shape = swin();
    SwinGrid grid = new SwinGrid(shape, model.getInt("image-size"));
    Published published = LocalMimSwin.published(grid);
    ModelSpec.Decoder decoder = published.decoder();
    return new ModelSpec(
        method,
        grid.imageSize(),
        shape,
        isAuto("taps") ? published.taps() : model.getIntList("taps"),
        isAuto("scales") ? published.scales() : model.getDoubleList("scales"),
        isAuto("fused") ? published.fused() : model.getIntList("fused"),
        new ModelSpec.Decoder(
            size("decoder.width", decoder.width()),
            size("decoder.depth", decoder.depth()),
            size("decoder.heads", decoder.heads())),
        masking(published, shape.unit()),
        target(published),
        null,
        model.getDouble("drop-path"));
  }

  private SwinShape swin() {
    String arch = model.getString("arch");
    SwinShape preset =
        Arrays.stream(SwinArch.values())
            .filter(a -> a.key().equals(arch))
            .map(SwinArch::shape)
            .findFirst()
            .orElse(null);
    require(
        preset != null || arch.equals("swin-custom"),
        "model.arch",
        arch,
        "is not one of " + architectures() + ", swin-custom");
    return new SwinShape(
        size("patch-size", 4),
        size("width", preset == null ? null : preset.width()),
        sizes("swin.depths", preset == null ? null : preset.depths()),
        sizes("swin.heads", preset == null ? null : preset.heads()),
        size("swin.window", preset == null ? 7 : preset.window()),
        model.getDouble("mlp-ratio"),
        one("swin.coordinates", SwinShape.Coordinates.values()),
        one("swin.merge-order", SwinShape.MergeOrder.values()));
  }

  private static String architectures() {
    return Stream.concat(
            Arrays.stream(VitArch.values()).map(VitArch::key),
            Arrays.stream(SwinArch.values()).map(SwinArch::key))
        .collect(Collectors.joining(", "));
  }

  private List<Integer> sizes(String key, List<Integer> preset) {
    if (!isAuto(key)) {
      return model.getIntList(key);
    }
    require(preset != null, "model." + key, AUTO, "must be a list when the arch is custom");
    return preset;
  }

  private VitShape encoder(String section, int patchSize) {
    String arch = model.getString(section + "arch");
    VitArch preset =
        Arrays.stream(VitArch.values()).filter(a -> a.key().equals(arch)).findFirst().orElse(null);
    require(
        preset != null || arch.equals("custom"),
        "model." + section + "arch",
        arch,
        "is not one of " + architectures() + ", custom");
    VitShape shape =
        new VitShape(
            patchSize,
            size(section + "width", preset == null ? null : preset.width()),
            size(section + "depth", preset == null ? null : preset.depth()),
            size(section + "heads", preset == null ? null : preset.heads()),
            model.getDouble(section + "mlp-ratio"));
    shape.check("model." + section);
    return shape;
  }

  private MaskSpec masking(Published published, int unit) {
    String key = model.getString("masking.strategy");
    MaskSpec.Strategy strategy = key.equals(AUTO) ? published.masking() : MaskSpec.Strategy.of(key);
    require(
        strategy != null,
        "model.masking.strategy",
        key,
        "is not one of auto, " + MaskSpec.Strategy.keys());
    double ratio = isAuto("mask-ratio") ? published.maskRatio() : model.getDouble("mask-ratio");
    return new MaskSpec(strategy, ratio, size("masking.unit", unit));
  }

  private TargetSpec target(Published published) {
    String key = model.getString("target.kind");
    TargetSpec.Kind kind = key.equals(AUTO) ? published.target() : TargetSpec.Kind.of(key);
    require(
        kind != null, "model.target.kind", key, "is not one of auto, " + TargetSpec.Kind.keys());
    return new TargetSpec(
        kind,
        model.getInt("hog.bins"),
        model.getBoolean("hog.bias"),
        model.getBoolean("target.normalise"),
        model.getDouble("target.radius"));
  }

  private Alignment alignment() {
    return new Alignment(
        model.getInt("alignment.levels"),
        one("alignment.mixing", Alignment.Mixing.values()),
        new Alignment.Teacher(
            one("teacher.family", Alignment.Family.values()),
            encoder("teacher.", model.getInt("teacher.patch-size")),
            model.getString("teacher.weights")));
  }

  private <T extends Enum<T>> T one(String key, T[] allowed) {
    String text = model.getString(key);
    for (T value : allowed) {
      if (key(value).equals(text)) {
        return value;
      }
    }
    String all = Arrays.stream(allowed).map(ModelSettings::key).collect(Collectors.joining(", "));
    require(false, "model." + key, text, "is not one of " + all);
    return null;
  }

  private static String key(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private boolean isAuto(String key) {
    return model.getValue(key).valueType() == ConfigValueType.STRING
        && model.getString(key).equals(AUTO);
  }

  private int size(String key, Integer preset) {
    if (!isAuto(key)) {
      return model.getInt(key);
    }
    require(preset != null, "model." + key, AUTO, "must be a number when the arch is custom");
    return preset;
  }

  static String write(ModelSpec spec) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("method", spec.method().key());
    keys.put("image-size", spec.imageSize());
    if (spec.encoder() instanceof SwinShape swin) {
      put(keys, swin);
    } else {
      put(keys, "", spec.vit());
    }
    keys.put("taps", spec.taps());
    keys.put("scales", spec.scales());
    keys.put("fused", spec.fused());
    keys.put("decoder.width", spec.decoder().width());
    keys.put("decoder.depth", spec.decoder().depth());
    keys.put("decoder.heads", spec.decoder().heads());
    keys.put("mask-ratio", spec.masking().ratio());
    keys.put("masking.strategy", spec.masking().strategy().key());
    keys.put("masking.unit", spec.masking().unit());
    keys.put("target.kind", spec.target().kind().key());
    keys.put("target.normalise", spec.target().normalise());
    keys.put("target.radius", spec.target().radius());
    keys.put("hog.bins", spec.target().bins());
    keys.put("hog.bias", spec.target().bias());
    keys.put("drop-path", spec.dropPath());
    if (spec.alignment() != null) {
      keys.put("alignment.levels", spec.alignment().levels());
      keys.put("alignment.mixing", spec.alignment().mixing().key());
      put(keys, "teacher.", spec.alignment().teacher().shape());
      keys.put("teacher.family", spec.alignment().teacher().family().key());
      keys.put("teacher.weights", spec.alignment().teacher().weights());
    }
    return ConfigFactory.parseMap(keys).root().render(ConfigRenderOptions.concise());
  }

  private static void put(Map<String, Object> keys, SwinShape shape) {
    keys.put("arch", "swin-custom");
    keys.put("patch-size", shape.patchSize());
    keys.put("width", shape.width());
    keys.put("mlp-ratio", shape.mlpRatio());
    keys.put("swin.depths", shape.depths());
    keys.put("swin.heads", shape.heads());
    keys.put("swin.window", shape.window());
    keys.put("swin.coordinates", key(shape.coordinates()));
    keys.put("swin.merge-order", key(shape.mergeOrder()));
  }

  private static void put(Map<String, Object> keys, String section, VitShape shape) {
    keys.put(section + "arch", "custom");
    keys.put(section + "patch-size", shape.patchSize());
    keys.put(section + "width", shape.width());
    keys.put(section + "depth", shape.depth());
    keys.put(section + "heads", shape.heads());
    keys.put(section + "mlp-ratio", shape.mlpRatio());
  }
}
