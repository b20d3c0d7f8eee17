package org.sparkmim.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;

/** Rates and positions of the published code, computed by running it. */
public final class GoldenSchedules {
  private GoldenSchedules() {}

  public static JsonNode read(String section) throws IOException {
    try (InputStream in = GoldenSchedules.class.getResourceAsStream("/golden/schedules_dev.json")) {
      return new ObjectMapper().readTree(in).get(section);
    }
  }
}
