package org.sparkmim.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarScannerTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {TarArchiveOutputStream.LONGFILE_GNU, TarArchiveOutputStream.LONGFILE_POSIX})
  void findsEveryFileWithItsFullName(int longNames) throws Exception {
    String deep = "directory/".repeat(20) + "ünïcode.jpg";
    byte[] tar = tar(longNames, "a.jpg", "one", deep, "three", "../../etc/passwd", "", "b", "x");
    List<TarEntry> entries = scan(tar);
    assertThat(entries)
        .extracting(TarEntry::name)
        .containsExactly("a.jpg", deep, "../../etc/passwd", "b");
    assertThat(entries).extracting(TarEntry::length).containsExactly(3L, 5L, 0L, 1L);
    TarEntry second = entries.get(1);
    assertThat(new String(tar, (int) second.offset(), 5, StandardCharsets.UTF_8))
        .isEqualTo("three");
  }

  @Test
  void noticesATruncatedArchive() throws Exception {
    byte[] tar = tar(TarArchiveOutputStream.LONGFILE_POSIX, "a", "x".repeat(900), "b", "y");
    assertFault(Arrays.copyOf(tar, 512 + 700), "truncated");
    assertFault(Arrays.copyOf(tar, 512 + 1024 + 100), "truncated");
  }

  @Test
  void noticesADamagedHeader() throws Exception {
    byte[] tar = tar(TarArchiveOutputStream.LONGFILE_POSIX, "a", "x", "b", "y");
    byte[] changed = tar.clone();
    changed[1024 + 3] ^= 1;
    assertFault(changed, "wrong header checksum");
    byte[] letters = tar.clone();
    letters[124] = 'z';
    assertFault(letters, "damaged");
  }

  @Test
  void believesNoClaimedSize() throws Exception {
    byte[] tar = tar(TarArchiveOutputStream.LONGFILE_POSIX, "a", "x");
    for (byte[] size :
        new byte[][] {
          "77777777777\0".getBytes(StandardCharsets.US_ASCII),
          {(byte) 0x80, 0, 0, 0, 0x7f, -1, -1, -1, -1, -1, -1, -1},
          {(byte) 0xff, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0}
        }) {
      byte[] hostile = tar.clone();
      System.arraycopy(size, 0, hostile, 124, 12);
      assertFault(withChecksum(hostile), "claims");
    }
    byte[] longName = tar(TarArchiveOutputStream.LONGFILE_POSIX, "a", "x".repeat(100_000));
    longName[156] = 'L';
    assertFault(withChecksum(longName), "extended header");
  }

  private static byte[] withChecksum(byte[] tar) {
    Arrays.fill(tar, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += tar[i] & 0xff;
    }
    System.arraycopy(
        String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII), 0, tar, 148, 8);
    return tar;
  }

  private void assertFault(byte[] tar, String message) {
    assertThatThrownBy(() -> scan(tar)).isInstanceOf(TarFault.class).hasMessageContaining(message);
  }

  private List<TarEntry> scan(byte[] tar) throws IOException, TarFault {
    Path file = Files.write(directory.resolve("test.tar"), tar);
    List<TarEntry> entries = new ArrayList<>();
    try (TarScanner scanner =
        TarScanner.open(new Configuration(false), file.toUri().toString(), 0, tar.length)) {
      for (var entry = scanner.next(); entry.isPresent(); entry = scanner.next()) {
        entries.add(entry.get());
      }
    }
    return entries;
  }

  private static byte[] tar(int longNames, String... namesAndTexts) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name())) {
      tar.setLongFileMode(longNames);
      for (int i = 0; i < namesAndTexts.length; i += 2) {
        byte[] content = namesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(namesAndTexts[i], true);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }
}
