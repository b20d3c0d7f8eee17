package org.sparkmim.job.commit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** One thing that storage can do to a file at rest. */
interface Damage {
  /** Files up to this size have every byte damaged; of others, some hundred. */
  int EXHAUSTIVE_BYTES = 2048;

  int SAMPLED_FLIPS = 200;
  long SEED = 5;

  /** Does it to a sound file. */
  void befall(Path file) throws IOException;

  /** What it does, for messages. */
  String describe();

  /** Where a bit flips; -1 for what changes the size. */
  long at();

  private static Damage resized(String what, byte[] bytes) {
    return new Done(what, bytes, -1);
  }

  private static Damage flipped(byte[] sound, int at, int bit) {
    byte[] bytes = sound.clone();
    bytes[at] ^= (byte) (1 << bit);
    return new Done("bit " + bit + " of byte " + at + " flipped (seed " + SEED + ")", bytes, at);
  }

  /**
   * All that is tried on a file.
   *
   * @param bits how many bits of every byte of a small file are flipped, one at a time
   */
  static List<Damage> of(byte[] sound, int bits) {
    List<Damage> all = new ArrayList<>();
    all.add(new Done("deleted", null, -1));
    all.add(resized("emptied", new byte[0]));
    all.add(resized("cut in half", Arrays.copyOf(sound, sound.length / 2)));
    all.add(resized("cut by a byte", Arrays.copyOf(sound, sound.length - 1)));
    all.add(resized("a byte longer", Arrays.copyOf(sound, sound.length + 1)));
    if (sound.length <= EXHAUSTIVE_BYTES) {
      for (int at = 0; at < sound.length; at++) {
        for (int bit = 0; bit < bits; bit++) {
          all.add(flipped(sound, at, (at + bit) % 8));
        }
      }
    } else {
      Random random = new Random(SEED);
      for (int i = 0; i < SAMPLED_FLIPS; i++) {
        all.add(flipped(sound, random.nextInt(sound.length), random.nextInt(8)));
      }
    }
    return all;
  }

  /** Damage as the bytes it leaves; none for a file that is gone. */
  record Done(String describe, byte[] bytes, long at) implements Damage {
    @Override
    public void befall(Path file) throws IOException {
      if (bytes == null) {
        Files.delete(file);
      } else {
        Files.write(file, bytes);
      }
    }
  }
}
