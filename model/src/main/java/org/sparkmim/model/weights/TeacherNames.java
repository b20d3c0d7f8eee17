package org.sparkmim.model.weights;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.sparkmim.model.ModelException;

/**
 * Vision transformers under the names of Hugging Face: what MaskAlign has for teachers (methods
 * 4.2). They keep q, k and v in three layers; CLIP also keeps class token and positions without the
 * leading extents of 1.
 */
public enum TeacherNames {
  /** CLIP's vision tower; the text tower and the projections are passed over. */
  CLIP(
      "vision_model.embeddings.class_embedding",
      blocks(
              "vision_model.encoder.layers.#.",
              "layer_norm1",
              List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
              "self_attn.out_proj",
              "layer_norm2",
              "mlp.fc1",
              "mlp.fc2")
          .line(Conversion.LEADING_ONES, "cls_token", "vision_model.embeddings.class_embedding")
          .line(
              Conversion.LEADING_ONES,
              "pos_embed",
              "vision_model.embeddings.position_embedding.weight")
          .same("patch_embed.proj.weight", "vision_model.embeddings.patch_embedding.weight")
          .line(
              Conversion.NO_BIAS,
              "patch_embed.proj.bias",
              "vision_model.embeddings.patch_embedding.weight")
          // Misspelt in every published file.
          .same("norm_pre.*", "vision_model.pre_layrnorm.*")
          .same("norm.*", "vision_model.post_layernorm.*")),
  /** DINO's ViT; a pooler is passed over. */
  DINO(
      "embeddings.cls_token",
      blocks(
              "encoder.layer.#.",
              "layernorm_before",
              List.of(
                  "attention.attention.query",
                  "attention.attention.key",
                  "attention.attention.value"),
              "attention.output.dense",
              "layernorm_after",
              "intermediate.dense",
              "output.dense")
          .same("cls_token", "embeddings.cls_token")
          .same("pos_embed", "embeddings.position_embeddings")
          .same("patch_embed.proj.*", "embeddings.patch_embeddings.projection.*")
          .same("norm.*", "layernorm.*"));

  private static final List<String> OUTSIDE =
      List.of(
          "cls_token",
          "pos_embed",
          "patch_embed.proj.weight",
          "patch_embed.proj.bias",
          "norm_pre.weight",
          "norm_pre.bias",
          "norm.weight",
          "norm.bias");

  private static final List<String> BLOCK =
      Stream.of("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")
          .flatMap(layer -> Stream.of(layer + ".weight", layer + ".bias"))
          .toList();

  private final String classToken;
  private final NameTable table;

  TeacherNames(String classToken, NameTable table) {
    this.classToken = classToken;
    this.table = table;
  }

  /**
   * The transformer under MAE's names: {@code cls_token [1,1,D]}, {@code pos_embed [1,1+L,D]},
   * {@code patch_embed.proj.*}, {@code norm_pre.*} (CLIP only), {@code blocks.i.*} with q, k and v
   * fused in this order, {@code norm.*}. CLIP's {@code patch_embed.proj.bias} is zeros: it has
   * none.
   *
   * <p>A prefix that all names share, such as MaskAlign's {@code clip_model.}, is allowed.
   *
   * @return tensors by our name, in the order above; their numbers are read from the file when
   *     asked for
   * @throws ModelException INPUT if the file holds no such transformer, or one without some of its
   *     tensors
   */
  public Map<String, FloatTensor> read(SafetensorsReader file) {
    String prefix = prefix(file);
    List<String> missing = new ArrayList<>();
    Map<String, FloatTensor> found = new LinkedHashMap<>();
    for (String own : ownNames(file, prefix)) {
      for (NameTable.Rule rule : table.rules(own)) {
        List<FloatTensor> theirs = new ArrayList<>();
        for (String their : rule.theirs()) {
          file.find(prefix + their)
              .ifPresentOrElse(
                  header -> theirs.add(FloatTensor.of(file, header)),
                  () -> missing.add(prefix + their));
        }
        if (theirs.size() == rule.theirs().size()) {
          found.put(own, join(file, rule, theirs));
        }
      }
    }
    if (!missing.isEmpty()) {
      throw refusal(
          file,
          "it lacks "
              + missing.size()
              + " of its tensors, such as "
              + Refusal.quoted(missing.get(0)));
    }
    return found;
  }

  private FloatTensor join(SafetensorsReader file, NameTable.Rule rule, List<FloatTensor> theirs) {
    try {
      return rule.conversion().join(rule.own(), theirs);
    } catch (IllegalArgumentException e) {
      throw refusal(file, e.getMessage());
    }
  }

  private ModelException refusal(SafetensorsReader file, String why) {
    return new ModelException(
        ModelException.Kind.INPUT,
        "Cannot read a "
            + name()
            + " vision transformer from "
            + file.origin()
            + ": "
            + why
            + ". Give the model.safetensors of such a model under the names of Hugging Face.");
  }

  private String prefix(SafetensorsReader file) {
    List<String> prefixes =
        file.tensors().stream()
            .map(TensorHeader::name)
            .filter(name -> name.endsWith(classToken))
            .map(name -> name.substring(0, name.length() - classToken.length()))
            .toList();
    if (prefixes.size() != 1) {
      throw refusal(
          file,
          prefixes.size()
              + " of its tensors are named "
              + Refusal.quoted(classToken)
              + ", with or without a prefix, where one must be");
    }
    return prefixes.get(0);
  }

  private List<String> ownNames(SafetensorsReader file, String prefix) {
    List<String> names = new ArrayList<>(OUTSIDE);
    for (int block = 0; ; block++) {
      String start = "blocks." + block + ".";
      String norm = table.rules(start + BLOCK.get(0)).get(0).theirs().get(0);
      if (file.find(prefix + norm).isEmpty()) {
        return names;
      }
      BLOCK.forEach(name -> names.add(start + name));
    }
  }

  private static NameTable blocks(
      String block,
      String norm1,
      List<String> qkv,
      String proj,
      String norm2,
      String fc1,
      String fc2) {
    String[] weights = qkv.stream().map(name -> block + name + ".weight").toArray(String[]::new);
    String[] biases = qkv.stream().map(name -> block + name + ".bias").toArray(String[]::new);
    return new NameTable()
        .same("blocks.#.norm1.*", block + norm1 + ".*")
        .line(Conversion.STACKED, "blocks.#.attn.qkv.weight", weights)
        .line(Conversion.STACKED, "blocks.#.attn.qkv.bias", biases)
        .same("blocks.#.attn.proj.*", block + proj + ".*")
        .same("blocks.#.norm2.*", block + norm2 + ".*")
        .same("blocks.#.mlp.fc1.*", block + fc1 + ".*")
        .same("blocks.#.mlp.fc2.*", block + fc2 + ".*");
  }
}
