package org.sparkmim.job.commit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * The process that trains into a run.
 *
 * @param id its own, of this one time
 * @param since ISO 8601, UTC
 * @param lease how long its claim lasts without a sign of life
 */
record Holder(String id, String host, long pid, String user, String since, Duration lease) {
  static final int MAX_BYTES = 1 << 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** This process, from now on. */
  static Holder here(Duration lease) {
    return new Holder(
        UUID.randomUUID().toString(),
        hostName(),
        ProcessHandle.current().pid(),
        System.getProperty("user.name"),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        lease);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "a host without a name";
    }
  }

  /**
   * @param beat differs from one sign of life to the next
   */
  byte[] toJson(long beat) {
    return JSON.createObjectNode()
        .put("id", id)
        .put("host", host)
        .put("pid", pid)
        .put("user", user)
        .put("since", since)
        .put("lease_ms", lease.toMillis())
        .put("beat", beat)
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The holder in {@code json}; empty for one that is just being written. */
  static Optional<Holder> fromJson(byte[] json) {
    try {
      JsonNode root = JSON.readTree(new String(json, StandardCharsets.UTF_8));
      if (!root.path("id").isTextual() || !root.path("lease_ms").canConvertToLong()) {
        return Optional.empty();
      }
      return Optional.of(
          new Holder(
              root.get("id").asText(),
              root.path("host").asText(),
              root.path("pid").asLong(),
              root.path("user").asText(),
              root.path("since").asText(),
              Duration.ofMillis(root.get("lease_ms").asLong())));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** For messages: who it is, and since when. */
  String describe() {
    return "process " + pid + " of " + user + " on " + host + ", since " + since;
  }
}
