package org.sparkmim.model.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns the JSON of a safetensors file into checked headers. Every size is compared with the bytes
 * that are there before anyone allocates by it.
 */
final class HeaderParser {
  /** Longer shapes than this do not occur in weights and would only serve to fill the memory. */
  private static final int MAX_RANK = 32;

  private static final JsonFactory JSON = new JsonFactory();

  private final Refusal refusal;
  private final long dataBytes;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final List<TensorHeader> tensors = new ArrayList<>();

  private HeaderParser(Refusal refusal, long dataBytes) {
    this.refusal = refusal;
    this.dataBytes = dataBytes;
  }

  /** Parses the header of a file whose data part has {@code dataBytes} bytes. */
  static SafetensorsHeader parse(byte[] json, long dataBytes, Refusal refusal) {
    HeaderParser parser = new HeaderParser(refusal, dataBytes);
    // A strict decoder of our own, because Jackson would guess other encodings from zero bytes.
    InputStreamReader text =
        new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder());
    try (JsonParser in = JSON.createParser(text)) {
      parser.header(in);
    } catch (JsonProcessingException e) {
      throw refusal.of(
          "its header is not valid JSON: " + Refusal.quoted(e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw refusal.of("its header is not valid UTF-8 text", e);
    }
    return new SafetensorsHeader(parser.metadata, parser.inOrder());
  }

  private void header(JsonParser in) throws IOException {
    expect(in.nextToken(), JsonToken.START_OBJECT, "the header");
    Set<String> names = new HashSet<>();
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      if (!names.add(name)) {
        throw refusal.of("the name " + Refusal.quoted(name) + " occurs twice in its header");
      }
      if (name.equals("__metadata__")) {
        metadata(in);
      } else {
        tensors.add(tensor(name, in));
      }
    }
    if (in.nextToken() != null) {
      throw refusal.of("there is text after the end of its JSON header");
    }
  }

  private void metadata(JsonParser in) throws IOException {
    expect(in.nextToken(), JsonToken.START_OBJECT, "__metadata__");
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String key = in.currentName();
      expect(in.nextToken(), JsonToken.VALUE_STRING, "__metadata__ " + Refusal.quoted(key));
      if (metadata.put(key, in.getText()) != null) {
        throw refusal.of("the metadata key " + Refusal.quoted(key) + " occurs twice");
      }
    }
  }

  private TensorHeader tensor(String name, JsonParser in) throws IOException {
    String where = "tensor " + Refusal.quoted(name);
    expect(in.nextToken(), JsonToken.START_OBJECT, where);
    TensorType type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    Set<String> keys = new HashSet<>();
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String key = in.currentName();
      if (!keys.add(key)) {
        throw refusal.of(where + " has two values of " + Refusal.quoted(key));
      }
      JsonToken value = in.nextToken();
      switch (key) {
        case "dtype" -> type = type(value, in, where);
        case "shape" -> shape = longs(value, in, where + ", shape", MAX_RANK);
        case "data_offsets" -> offsets = longs(value, in, where + ", data_offsets", 2);
        default -> in.skipChildren();
      }
    }
    if (type == null || shape == null || offsets == null || offsets.size() != 2) {
      throw refusal.of(where + " lacks dtype, shape or a pair of data_offsets");
    }
    return checked(new TensorHeader(name, type, shape, offsets.get(0), offsets.get(1)), where);
  }

  private TensorType type(JsonToken token, JsonParser in, String where) throws IOException {
    expect(token, JsonToken.VALUE_STRING, where + ", dtype");
    String name = in.getText();
    return TensorType.named(name)
        .orElseThrow(
            () ->
                refusal.of(
                    where
                        + " has the dtype "
                        + Refusal.quoted(name)
                        + "; readable are "
                        + List.of(TensorType.values())));
  }

  private List<Long> longs(JsonToken token, JsonParser in, String where, int most)
      throws IOException {
    expect(token, JsonToken.START_ARRAY, where);
    List<Long> values = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (in.currentToken() != JsonToken.VALUE_NUMBER_INT
          || in.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || in.getLongValue() < 0) {
        throw refusal.of(
            where + ": " + Refusal.quoted(in.getText()) + " is not a whole number from 0 to 2^63");
      }
      if (values.size() == most) {
        throw refusal.of(where + " has more than " + most + " entries");
      }
      values.add(in.getLongValue());
    }
    return values;
  }

  private TensorHeader checked(TensorHeader tensor, String where) {
    if (tensor.begin() > tensor.end() || tensor.end() > dataBytes) {
      throw refusal.of(
          String.format(
              "%s lies at bytes %d to %d of %d bytes of data",
              where, tensor.begin(), tensor.end(), dataBytes));
    }
    long wanted = bytes(tensor, where);
    if (wanted != tensor.bytes()) {
      throw refusal.of(
          String.format(
              "%s has %d bytes, but %s of shape %s takes %d",
              where, tensor.bytes(), tensor.type(), tensor.shape(), wanted));
    }
    return tensor;
  }

  private long bytes(TensorHeader tensor, String where) {
    if (tensor.shape().contains(0L)) {
      return 0;
    }
    long bytes = tensor.type().bytes();
    for (long extent : tensor.shape()) {
      if (Math.multiplyHigh(bytes, extent) != 0 || bytes * extent < 0) {
        throw refusal.of(where + " has a shape with too many elements: " + tensor.shape());
      }
      bytes *= extent;
    }
    return bytes;
  }

  private List<TensorHeader> inOrder() {
    tensors.sort(Comparator.comparingLong(TensorHeader::begin).thenComparing(TensorHeader::end));
    long position = 0;
    for (TensorHeader tensor : tensors) {
      if (tensor.begin() != position) {
        throw refusal.of(
            String.format(
                "tensor %s begins at byte %d of the data, the one before it ends at %d: tensors"
                    + " must neither overlap nor leave gaps",
                Refusal.quoted(tensor.name()), tensor.begin(), position));
      }
      position = tensor.end();
    }
    if (position != dataBytes) {
      throw refusal.of(
          String.format(
              "its tensors end at byte %d of %d bytes of data: %d bytes too many",
              position, dataBytes, dataBytes - position));
    }
    return tensors;
  }

  private void expect(JsonToken found, JsonToken wanted, String where) {
    if (found != wanted) {
      throw refusal.of(where + " is " + found + " where " + wanted + " is needed");
    }
  }
}
