package org.sparkmim.model.nn;

import static org.assertj.core.api.Assertions.assertThat;

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
      JsonNode rows = golden.get("values");
      assertThat(table).hasSize(rows.size() * width);
      for (int i = 0; i < table.length; i++) {
        double expected = rows.get(i / width).get(i % width).asDouble();
        assertThat((double) table[i])
            .as("row %d, element %d of width %d", i / width, i % width, width)
            .isEqualTo(expected, Offset.offset(1e-6));
      }
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
}
