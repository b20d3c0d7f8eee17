package org.sparkmim.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.ModelException;

/** The teachers of the published MaskAlign, cut to two layers, of width 32 (CLIP) and 24 (DINO). */
class TeacherNamesTest {
  @Test
  void clipHasThePublishedNumbersUnderMaesNames() throws IOException {
    try (SafetensorsReader file = Safetensors.open(golden("teacher_clip"))) {
      Map<String, FloatTensor> vit = TeacherNames.CLIP.read(file);
      assertThat(shapes(vit)).containsExactlyEntriesOf(vitShapes(List.of("norm_pre"), 32, 64));
      String clip = "teacher/vision_model.";
      assertThat(numbers(vit, "cls_token"))
          .isEqualTo(file.floats(clip + "embeddings.class_embedding"));
      assertThat(numbers(vit, "pos_embed"))
          .isEqualTo(file.floats(clip + "embeddings.position_embedding.weight"));
      assertThat(numbers(vit, "patch_embed.proj.weight"))
          .isEqualTo(file.floats(clip + "embeddings.patch_embedding.weight"));
      assertThat(numbers(vit, "patch_embed.proj.bias")).containsOnly(0).hasSize(32);
      assertThat(numbers(vit, "norm_pre.weight"))
          .isEqualTo(file.floats(clip + "pre_layrnorm.weight"));
      assertThat(numbers(vit, "norm.bias")).isEqualTo(file.floats(clip + "post_layernorm.bias"));
      String layer = clip + "encoder.layers.1.";
      for (String kind : List.of(".weight", ".bias")) {
        assertThat(numbers(vit, "blocks.1.attn.qkv" + kind))
            .isEqualTo(
                joined(
                    file.floats(layer + "self_attn.q_proj" + kind),
                    file.floats(layer + "self_attn.k_proj" + kind),
                    file.floats(layer + "self_attn.v_proj" + kind)));
        assertThat(numbers(vit, "blocks.1.attn.proj" + kind))
            .isEqualTo(file.floats(layer + "self_attn.out_proj" + kind));
        assertThat(numbers(vit, "blocks.1.norm1" + kind))
            .isEqualTo(file.floats(layer + "layer_norm1" + kind));
        assertThat(numbers(vit, "blocks.1.norm2" + kind))
            .isEqualTo(file.floats(layer + "layer_norm2" + kind));
        assertThat(numbers(vit, "blocks.1.mlp.fc1" + kind))
            .isEqualTo(file.floats(layer + "mlp.fc1" + kind));
        assertThat(numbers(vit, "blocks.1.mlp.fc2" + kind))
            .isEqualTo(file.floats(layer + "mlp.fc2" + kind));
      }
    }
  }

  @Test
  void dinoHasThePublishedNumbersUnderMaesNames() throws IOException {
    try (SafetensorsReader file = Safetensors.open(golden("teacher_dino"))) {
      Map<String, FloatTensor> vit = TeacherNames.DINO.read(file);
      assertThat(shapes(vit)).containsExactlyEntriesOf(vitShapes(List.of(), 24, 48));
      String dino = "teacher/";
      assertThat(numbers(vit, "cls_token")).isEqualTo(file.floats(dino + "embeddings.cls_token"));
      assertThat(numbers(vit, "pos_embed"))
          .isEqualTo(file.floats(dino + "embeddings.position_embeddings"));
      assertThat(numbers(vit, "norm.weight")).isEqualTo(file.floats(dino + "layernorm.weight"));
      String layer = dino + "encoder.layer.0.";
      for (String kind : List.of(".weight", ".bias")) {
        assertThat(numbers(vit, "patch_embed.proj" + kind))
            .isEqualTo(file.floats(dino + "embeddings.patch_embeddings.projection" + kind));
        assertThat(numbers(vit, "blocks.0.attn.qkv" + kind))
            .isEqualTo(
                joined(
                    file.floats(layer + "attention.attention.query" + kind),
                    file.floats(layer + "attention.attention.key" + kind),
                    file.floats(layer + "attention.attention.value" + kind)));
        assertThat(numbers(vit, "blocks.0.attn.proj" + kind))
            .isEqualTo(file.floats(layer + "attention.output.dense" + kind));
        assertThat(numbers(vit, "blocks.0.norm1" + kind))
            .isEqualTo(file.floats(layer + "layernorm_before" + kind));
        assertThat(numbers(vit, "blocks.0.norm2" + kind))
            .isEqualTo(file.floats(layer + "layernorm_after" + kind));
        assertThat(numbers(vit, "blocks.0.mlp.fc1" + kind))
            .isEqualTo(file.floats(layer + "intermediate.dense" + kind));
        assertThat(numbers(vit, "blocks.0.mlp.fc2" + kind))
            .isEqualTo(file.floats(layer + "output.dense" + kind));
      }
    }
  }

  /** A whole CLIP as Hugging Face stores it has no prefix, but a text tower and integer tables. */
  @Test
  void whatBelongsToOtherTowersIsPassedOver() throws IOException {
    SafetensorsReader file =
        copy(
            "teacher_clip",
            name -> name.replace("teacher/", ""),
            List.of(
                Tensor.floats("logit_scale", List.of(), new float[] {1}),
                Tensor.floats("text_model.final_layer_norm.bias", List.of(1L), new float[] {1}),
                Tensor.ints(
                    "vision_model.embeddings.position_ids", List.of(1L, 2L), new int[] {0, 1})));
    assertThat(shapes(TeacherNames.CLIP.read(file)))
        .isEqualTo(vitShapes(List.of("norm_pre"), 32, 64));
  }

  @Test
  void fusedPartsAreReadFromAnyElementOn() throws IOException {
    try (SafetensorsReader file = Safetensors.open(golden("teacher_dino"))) {
      FloatTensor qkv = TeacherNames.DINO.read(file).get("blocks.1.attn.qkv.weight");
      float[] all = qkv.toArray();
      float[] piece = new float[600];
      qkv.values().read(570, piece, 600);
      assertThat(piece).containsExactly(java.util.Arrays.copyOfRange(all, 570, 1170));
    }
  }

  @Test
  void anotherFilesTeacherIsRefused() throws IOException {
    try (SafetensorsReader file = Safetensors.open(golden("teacher_dino"))) {
      assertThatThrownBy(() -> TeacherNames.CLIP.read(file))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("teacher_dino.safetensors: 0 of its tensors are named")
          .hasMessageContaining("Hugging Face");
    }
  }

  @Test
  void missingTensorsAreCountedAndNamed() throws IOException {
    SafetensorsReader file =
        copy(
            "teacher_clip",
            name -> name.contains("layers.1.mlp") ? "elsewhere." + name : name,
            List.of());
    assertThatThrownBy(() -> TeacherNames.CLIP.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("it lacks 4 of its tensors")
        .hasMessageContaining("'teacher/vision_model.encoder.layers.1.mlp.fc1.weight'");
  }

  @Test
  void partsOfUnequalShapesAreNotFused() throws IOException {
    String key = "teacher/vision_model.encoder.layers.0.self_attn.k_proj.bias";
    SafetensorsReader file =
        copy(
            "teacher_clip",
            name -> name.equals(key) ? "other" : name,
            List.of(Tensor.floats(key, List.of(31L), new float[31])));
    assertThatThrownBy(() -> TeacherNames.CLIP.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(key)
        .hasMessageContaining("[31]")
        .hasMessageContaining("[32]");
  }

  private static Map<String, List<Long>> vitShapes(List<String> before, long width, long hidden) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put("cls_token", List.of(1L, 1L, width));
    shapes.put("pos_embed", List.of(1L, 17L, width));
    shapes.put("patch_embed.proj.weight", List.of(width, 3L, 16L, 16L));
    shapes.put("patch_embed.proj.bias", List.of(width));
    before.forEach(norm -> layer(shapes, norm, List.of(width)));
    layer(shapes, "norm", List.of(width));
    for (int block = 0; block < 2; block++) {
      String name = "blocks." + block + ".";
      layer(shapes, name + "norm1", List.of(width));
      layer(shapes, name + "attn.qkv", List.of(3 * width, width));
      layer(shapes, name + "attn.proj", List.of(width, width));
      layer(shapes, name + "norm2", List.of(width));
      layer(shapes, name + "mlp.fc1", List.of(hidden, width));
      layer(shapes, name + "mlp.fc2", List.of(width, hidden));
    }
    return shapes;
  }

  private static void layer(Map<String, List<Long>> shapes, String name, List<Long> weight) {
    shapes.put(name + ".weight", weight);
    shapes.put(name + ".bias", weight.subList(0, 1));
  }

  private static Map<String, List<Long>> shapes(Map<String, FloatTensor> vit) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    vit.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return shapes;
  }

  private static float[] numbers(Map<String, FloatTensor> vit, String name) {
    return vit.get(name).toArray();
  }

  private static float[] joined(float[]... parts) {
    float[] all = new float[parts.length * parts[0].length];
    for (int i = 0; i < parts.length; i++) {
      System.arraycopy(parts[i], 0, all, i * parts[0].length, parts[0].length);
    }
    return all;
  }

  private static SafetensorsReader copy(
      String golden, UnaryOperator<String> rename, List<Tensor> more) throws IOException {
    List<Tensor> tensors = new ArrayList<>(more);
    try (SafetensorsReader in = Safetensors.open(golden(golden))) {
      for (TensorHeader header : in.tensors()) {
        ByteBuffer bytes = ByteBuffer.wrap(in.bytes(header.name()));
        tensors.add(Tensor.raw(rename.apply(header.name()), header.type(), header.shape(), bytes));
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, Map.of(), tensors);
    byte[] file = out.toByteArray();
    return Safetensors.open(
        (position, into, offset, length) ->
            System.arraycopy(file, (int) position, into, offset, length),
        file.length,
        "copy");
  }

  private static Path golden(String name) {
    try {
      return Path.of(
          TeacherNamesTest.class.getResource("/golden/" + name + ".safetensors").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
