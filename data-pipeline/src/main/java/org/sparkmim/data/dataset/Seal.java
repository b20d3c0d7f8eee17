package org.sparkmim.data.dataset;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A JSON object's own SHA-256, as its last member: the digest of all text before it. Whatever is
 * changed in a sealed text, or cut off from it, shows.
 */
public final class Seal {
  private static final String END = "\n}\n";
  private static final Pattern SEAL =
      Pattern.compile(",\n  \"sha256\" : \"([0-9a-f]{64})\"" + END + "\\z");

  private Seal() {}

  /** Seals an indented object that ends with its brace and a line feed. */
  public static String on(String json) {
    String body = json.substring(0, json.length() - END.length());
    return body + ",\n  \"sha256\" : \"" + Sha256.of(body) + "\"" + END;
  }

  /** Whether a text ends with a seal, unbroken or not. */
  public static boolean isOn(String json) {
    return SEAL.matcher(json).find();
  }

  /** Whether the seal of a text is unbroken. */
  public static boolean isSound(String json) {
    Matcher seal = SEAL.matcher(json);
    return seal.find() && Sha256.of(json.substring(0, seal.start())).equals(seal.group(1));
  }
}
