package org.sparkmim.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.model.ModelException;

class SafetensorsTest {
  @TempDir Path directory;

  @Test
  void readsBackWhatWasWritten() throws IOException {
    Path file = directory.resolve("w.safetensors");
    float[] weights = {1, -2.5f, Float.MIN_VALUE, 4, 5, Float.NEGATIVE_INFINITY};
    Safetensors.write(
        file,
        Map.of("format", "pt", "note", "zwei \"Zeilen\"\n\u4e2d"),
        List.of(
            Tensor.ints("ids", List.of(3L), new int[] {7, -1, Integer.MAX_VALUE}),
            Tensor.floats("b.weight", List.of(2L, 3L), weights),
            Tensor.floats("a.scalar", List.of(), new float[] {42}),
            Tensor.floats("empty", List.of(0L, 9L), new float[0])));
    try (SafetensorsReader in = Safetensors.open(file)) {
      assertThat(in.metadata())
          .isEqualTo(Map.of("format", "pt", "note", "zwei \"Zeilen\"\n\u4e2d"));
      assertThat(in.floats("b.weight")).containsExactly(weights);
      assertThat(in.floats("a.scalar")).containsExactly(42);
      assertThat(in.floats("empty")).isEmpty();
      assertThat(in.ints("ids")).containsExactly(7, -1, Integer.MAX_VALUE);
      assertThat(in.tensor("b.weight").shape()).containsExactly(2L, 3L);
    }
    assertThat(directory).isDirectoryContaining("glob:**/w.safetensors");
    try (var files = Files.list(directory)) {
      assertThat(files).as("Should leave nothing but the file").containsExactly(file);
    }
  }

  @Test
  void theBytesDoNotDependOnTheOrderGiven() throws IOException {
    Tensor wide = Tensor.floats("z", List.of(1L), new float[] {1});
    Tensor other = Tensor.floats("y", List.of(1L), new float[] {2});
    Tensor narrow =
        Tensor.raw("a", TensorType.U8, List.of(3L), ByteBuffer.wrap(new byte[] {1, 2, 3}));
    byte[] one = bytes(Map.of("k", "v", "j", "w"), List.of(wide, other, narrow));
    byte[] two = bytes(Map.of("j", "w", "k", "v"), List.of(narrow, wide, other));
    assertThat(one).isEqualTo(two);
    assertThat(headerLength(one) % 8).as("The data starts aligned").isZero();
    assertThat(new String(one, 8, headerLength(one), StandardCharsets.UTF_8).strip())
        .isEqualTo(
            "{\"__metadata__\":{\"j\":\"w\",\"k\":\"v\"},"
                + "\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"z\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]},"
                + "\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}}");
  }

  @Test
  void convertsEveryFloatingType() throws IOException {
    ByteBuffer half = little(8).putShort((short) 0x3c00).putShort((short) 0xc000);
    half.putShort((short) 0x0001).putShort((short) 0x7c00).flip();
    ByteBuffer brain = little(4).putShort((short) 0x3f80).putShort((short) 0xc049).flip();
    ByteBuffer wide = little(8).putDouble(Math.PI).flip();
    byte[] file =
        bytes(
            Map.of(),
            List.of(
                Tensor.raw("half", TensorType.F16, List.of(4L), half),
                Tensor.raw("brain", TensorType.BF16, List.of(2L), brain),
                Tensor.raw("wide", TensorType.F64, List.of(1L), wide)));
    SafetensorsReader in = open(file);
    assertThat(in.floats("half")).containsExactly(1f, -2f, 0x1p-24f, Float.POSITIVE_INFINITY);
    assertThat(in.floats("brain")).containsExactly(1f, -3.140625f);
    assertThat(in.floats("wide")).containsExactly((float) Math.PI);
  }

  @Test
  void convertsEveryIntegerType() throws IOException {
    byte[] file =
        bytes(
            Map.of(),
            List.of(
                Tensor.raw("i64", TensorType.I64, List.of(1L), little(8).putLong(-5).flip()),
                Tensor.raw("big", TensorType.I64, List.of(1L), little(8).putLong(1L << 31).flip()),
                Tensor.raw(
                    "i16", TensorType.I16, List.of(1L), little(2).putShort((short) -6).flip()),
                Tensor.raw("i8", TensorType.I8, List.of(1L), ByteBuffer.wrap(new byte[] {-7})),
                Tensor.raw("u8", TensorType.U8, List.of(1L), ByteBuffer.wrap(new byte[] {-1})),
                Tensor.raw("bool", TensorType.BOOL, List.of(1L), ByteBuffer.wrap(new byte[] {1}))));
    SafetensorsReader in = open(file);
    assertThat(in.ints("i64")).containsExactly(-5);
    assertThat(in.ints("i16")).containsExactly(-6);
    assertThat(in.ints("i8")).containsExactly(-7);
    assertThat(in.ints("u8")).containsExactly(255);
    assertThat(in.ints("bool")).containsExactly(1);
    assertThatThrownBy(() -> in.ints("big")).hasMessageContaining("2147483648");
    assertThatThrownBy(() -> in.floats("u8")).hasMessageContaining("of type U8");
  }

  @Test
  void streamsSlicesOfAnOffHeapVector() throws IOException {
    try (FloatPointer vector = new FloatPointer(200_000);
        FloatPointer back = new FloatPointer(200_000)) {
      for (long i = 0; i < 200_000; i++) {
        vector.put(i, (float) i);
        back.put(i, -1);
      }
      byte[] file =
          bytes(
              Map.of(),
              List.of(Tensor.floats("w", List.of(150_000L), FloatSource.of(vector, 1000))));
      SafetensorsReader in = open(file);
      in.floats(in.tensor("w"), back, 7);
      assertThat(back.get(6)).isEqualTo(-1);
      assertThat(back.get(7)).isEqualTo(1000);
      assertThat(back.get(150_006)).isEqualTo(150_999);
      assertThat(back.get(150_007)).isEqualTo(-1);
      assertThatThrownBy(() -> in.floats(in.tensor("w"), back, 50_001))
          .as("Should never write behind the vector")
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void readsAStreamForwardsOnly() throws IOException {
    byte[] file =
        bytes(
            Map.of(),
            List.of(
                Tensor.floats("a", List.of(1L), new float[] {1}),
                Tensor.floats("b", List.of(1L), new float[] {2}),
                Tensor.floats("c", List.of(1L), new float[] {3})));
    try (SafetensorsReader in =
        Safetensors.open(new ByteArrayInputStream(file), file.length, "stream")) {
      assertThat(in.floats("b")).containsExactly(2);
      assertThat(in.floats("c")).containsExactly(3);
      assertThatThrownBy(() -> in.floats("a")).isInstanceOf(IllegalStateException.class);
    }
    SafetensorsReader cut =
        Safetensors.open(
            new ByteArrayInputStream(Arrays.copyOf(file, file.length - 1)), file.length, "stream");
    assertThatThrownBy(() -> cut.floats("c"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("ends inside tensor 'c'");
  }

  @Test
  void readsBeyondTwoGigabytes() throws IOException {
    Path file = directory.resolve("big.safetensors");
    long large = 3L << 30;
    String json =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":["
            + large
            + "],\"data_offsets\":[0,"
            + large
            + "]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":["
            + large
            + ","
            + (large + 4)
            + "]}}";
    byte[] head = file(json, 0);
    // Sparse: the gigabytes between take no room on the disk.
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(head);
      out.seek(head.length + large);
      out.write(little(4).putFloat(6.5f).array());
    }
    try (SafetensorsReader in = Safetensors.open(file)) {
      assertThat(in.floats("b")).containsExactly(6.5f);
      byte[] tail = new byte[4];
      in.bytes(in.tensor("a"), large - 4, tail, 0, 4);
      assertThat(tail).containsExactly(0, 0, 0, 0);
      assertThatThrownBy(() -> in.bytes("a"))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("too long for one array");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "gap | {'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8 | 'a' begins at byte 4",
        "overlap | {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
            + "'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8 | 'b' begins at byte 4",
        "trailing | {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 9 | 5 bytes too many",
        "short | {'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}} | 15 | 0 to 16 of 15",
        "length | {'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}} | 8 | takes 12",
        "overflow | {'a':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,0]}}"
            + "| 0 | too many elements",
        "signed overflow | {'a':{'dtype':'F64','shape':[1152921504606846976],"
            + "'data_offsets':[0,0]}} | 0 | too many elements",
        "negative | {'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | 4 | '-1'",
        "fraction | {'a':{'dtype':'F32','shape':[1.0],'data_offsets':[0,4]}} | 4 | '1.0'",
        "huge | {'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,4]}}"
            + "| 4 | '99999999999999999999'",
        "backwards | {'a':{'dtype':'F32','shape':[0],'data_offsets':[4,0]}} | 4 | bytes 4 to 0",
        "dtype | {'a':{'dtype':'F8_E4M3','shape':[4],'data_offsets':[0,4]}} | 4 | 'F8_E4M3'",
        "twice | {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8 | 'a' occurs twice",
        "key twice | {'a':{'dtype':'F32','dtype':'F32','shape':[1],'data_offsets':[0,4]}}"
            + "| 4 | two values of 'dtype'",
        "lacking | {'a':{'dtype':'F32','shape':[1]}} | 4 | 'a' lacks",
        "offsets | {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4,8]}} | 4 | more than 2",
        "no object | [1,2,3] | 0 | START_OBJECT",
        "no json | {hello | 0 | not valid JSON",
        "unfinished | {'a':{'dtype':'F32' | 0 | not valid JSON",
        "more text | {} {} | 0 | text after the end",
        "metadata | {'__metadata__':{'a':1}} | 0 | __metadata__ 'a'",
        "control | {'a\\u001b[31m':{'dtype':'X','shape':[1],'data_offsets':[0,4]}}| 4 | 'a?[31m'"
      })
  void refusesAMalformedHeader(String what, String json, int dataBytes, String message) {
    byte[] file = file(json.replace('\'', '"'), dataBytes);
    assertThatThrownBy(() -> open(file))
        .isInstanceOfSatisfying(
            ModelException.class, e -> assertThat(e.kind()).isEqualTo(ModelException.Kind.INPUT))
        .hasMessageStartingWith("Cannot read memory: ")
        .hasMessageContaining(message)
        .hasMessageContaining("copy or write it again");
  }

  @ParameterizedTest
  @CsvSource({"-1", "0", "1", "100000001", "4294967296", "9223372036854775807"})
  void refusesAHeaderLengthBeyondTheFile(long claimed) {
    byte[] file = little(64).putLong(claimed).array();
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(Long.toUnsignedString(claimed));
  }

  @Test
  void refusesMissingFilesAndDirectories() {
    for (Path path : List.of(directory, directory.resolve("none.safetensors"))) {
      assertThatThrownBy(() -> Safetensors.open(path))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining(path.toString());
    }
  }

  @Test
  void refusesTextThatIsNotUtf8() {
    byte[] file = file("{\"a\":{}}", 0);
    file[10] = (byte) 0xff;
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("UTF-8");
  }

  @Test
  void refusesToWriteWhatDoesNotFit() {
    Tensor tensor = Tensor.floats("a", List.of(1L), new float[1]);
    assertThatThrownBy(() -> bytes(Map.of(), List.of(tensor, tensor)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("two tensors named 'a'");
    assertThatThrownBy(() -> Tensor.floats("a", List.of(2L), new float[3]))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("needs 2 values, 3 given");
  }

  @Test
  void aFailedWriteLeavesNoLitter() throws IOException {
    Tensor failing =
        Tensor.floats(
            "a",
            List.of(4L),
            (from, into, count) -> {
              throw new IllegalStateException("source failed");
            });
    Path file = directory.resolve("w.safetensors");
    assertThatThrownBy(() -> Safetensors.write(file, Map.of(), List.of(failing)))
        .hasMessage("source failed");
    try (var files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }

  static byte[] bytes(Map<String, String> metadata, List<Tensor> tensors) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, metadata, tensors);
    return out.toByteArray();
  }

  static SafetensorsReader open(byte[] file) throws IOException {
    return Safetensors.open(
        (position, into, offset, length) -> {
          if (position + length > file.length) {
            throw new java.io.EOFException();
          }
          System.arraycopy(file, (int) position, into, offset, length);
        },
        file.length,
        "memory");
  }

  static int headerLength(byte[] file) {
    return (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private static byte[] file(String json, int dataBytes) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    return little(8 + text.length + dataBytes).putLong(text.length).put(text).array();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
