package org.sparkmim.model.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.GoldenSchedules;

class PositionsTest {
  @Test
  void agreeWithThePublishedCodeElementByElement() throws IOException {
    for (JsonNode golden : GoldenSchedules.read("pos_embed")) {
      int width = golden.get("dim").asInt();
      float[] table =
          Positions.table(golden.get("grid").asInt(), width, Positions.Order.COLUMN_FIRST);
      assertAgree(table, golden.get("values"), width, 1e-6);
    }
  }

  @Test
  void theColumnComesFirst() {
    float[] table = Positions.table(14, 768, Positions.Order.COLUMN_FIRST);
    int right = 2 * 768;
    assertThat(table[right]).isEqualTo(0.8415f, Offset.offset(1e-4f));
    assertThat(table[right + 384]).isZero();
    int below = 15 * 768;
    assertThat(table[below]).isZero();
    assertThat(table[below + 384]).isEqualTo(0.8415f, Offset.offset(1e-4f));
  }

  @Test
  void theRowComesFirstInMmpretrain() throws IOException {
    for (JsonNode golden : GoldenSchedules.read("pos_embed_mmpretrain")) {
      int width = golden.get("dim").asInt();
      float[] table = Positions.table(golden.get("grid").asInt(), width, Positions.Order.ROW_FIRST);
      assertAgree(table, golden.get("values"), width, 1e-6);
    }
  }

  @Test
  void resizedTablesAgreeWithThePublishedCode() throws IOException {
    for (JsonNode golden : GoldenSchedules.read("pos_embed_bicubic")) {
      int width = golden.get("dim").asInt();
      JsonNode input = golden.get("input");
      float[] table = new float[input.size() * width];
      for (int i = 0; i < table.length; i++) {
        table[i] = (float) input.get(i / width).get(i % width).asDouble();
      }
      int from = golden.get("old").asInt();
      int to = golden.get("new").asInt();
      assertAgree(Positions.resize(table, width, from, to), golden.get("output"), width, 1e-6);
      assertThat(Positions.resize(table, width, from, from)).as("same size").isEqualTo(table);
    }
  }

  @Test
  void aTableOfAnotherSizeIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Positions.resize(new float[16 * 8], 8, 4, 6))
        .withMessageContaining("128 numbers are no table of 4 x 4 positions of width 8");
  }

  private static void assertAgree(float[] table, JsonNode rows, int width, double tolerance) {
    assertThat(table).hasSize(rows.size() * width);
    for (int i = 0; i < table.length; i++) {
      assertThat((double) table[i])
          .as("row %d, element %d of width %d", i / width, i % width, width)
          .isEqualTo(rows.get(i / width).get(i % width).asDouble(), Offset.offset(tolerance));
    }
  }
}
