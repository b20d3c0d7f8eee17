package org.sparkmim.job.commit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.sparkmim.data.dataset.Seal;

/**
 * What a checkpoint consists of: every file's size and SHA-256, and, in the text, its own.
 *
 * @param files by name
 */
record Manifest(SortedMap<String, File> files) {
  static final String NAME = "manifest.json";
  static final int MAX_BYTES = 1 << 20;
  private static final int FORMAT = 1;

  /** Format and files; the seal is another. */
  private static final int MEMBERS = 2;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** A file's identity. */
  record File(long bytes, String sha256) {}

  Manifest {
    files = new TreeMap<>(files);
  }

  byte[] toJson() {
    ObjectNode root = JSON.createObjectNode().put("format", FORMAT);
    ObjectNode all = root.putObject("files");
    files.forEach(
        (name, file) ->
            all.putObject(name).put("bytes", file.bytes()).put("sha256", file.sha256()));
    return Seal.on(root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** The first versions sealed nothing; a text with a member that none of them wrote is damaged. */
  private static boolean isUnbroken(String text, JsonNode root) {
    return Seal.isOn(text) ? Seal.isSound(text) : root.size() == MEMBERS;
  }

  /** The manifest in {@code json}; empty if that is none, or names anything but plain files. */
  static Optional<Manifest> fromJson(byte[] json) {
    try {
      String text = new String(json, StandardCharsets.UTF_8);
      JsonNode root = JSON.readTree(text);
      if (root == null
          || root.path("format").asInt() != FORMAT
          || !root.path("files").isObject()
          || !isUnbroken(text, root)) {
        return Optional.empty();
      }
      SortedMap<String, File> files = new TreeMap<>();
      for (var fields = root.get("files").fields(); fields.hasNext(); ) {
        Map.Entry<String, JsonNode> entry = fields.next();
        JsonNode bytes = entry.getValue().path("bytes");
        String sha256 = entry.getValue().path("sha256").asText();
        if (!PLAIN_NAME.matcher(entry.getKey()).matches()
            || !bytes.isIntegralNumber()
            || !SHA256.matcher(sha256).matches()) {
          return Optional.empty();
        }
        files.put(entry.getKey(), new File(bytes.asLong(), sha256));
      }
      return Optional.of(new Manifest(files));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
