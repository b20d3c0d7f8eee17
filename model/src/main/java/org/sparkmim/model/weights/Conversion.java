package org.sparkmim.model.weights;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the numbers of one tensor of ours lie in another program's tensors. Every conversion is a
 * view: no numbers move before somebody reads them, and none is ever recomputed, so that there and
 * back gives the same bits.
 */
enum Conversion {
  /** The same tensor. */
  SAME,
  /** Ours is theirs one after the other along the first axis: q, k and v of equal shapes. */
  STACKED,
  /** Ours has extents of 1 in front that theirs lacks: a class token or a position table. */
  LEADING_ONES,
  /** Ours is a bias of zeros that theirs, a layer without bias, has not. */
  NO_BIAS,
  /** Ours is theirs with the second and third quarter of the last axis exchanged. */
  QUARTERS_EXCHANGED;

  /** Extents of ours, at most, where theirs lacks the leading ones. */
  private static final int RANK_WITH_ONES = 3;

  /**
   * Our tensor from theirs.
   *
   * @throws IllegalArgumentException that says why their shapes do not permit it
   */
  FloatTensor join(String own, List<FloatTensor> theirs) {
    FloatTensor first = theirs.get(0);
    return switch (this) {
      case SAME -> first.named(own);
      case STACKED -> stacked(own, theirs);
      case LEADING_ONES -> new FloatTensor(own, withOnes(first.shape()), first.values());
      case NO_BIAS ->
          new FloatTensor(
              own,
              List.of(first.shape().isEmpty() ? 1L : first.shape().get(0)),
              (from, into, count) -> Arrays.fill(into, 0, count, 0));
      case QUARTERS_EXCHANGED -> quartersExchanged(own, first);
    };
  }

  /** Their tensors from ours. */
  List<FloatTensor> split(FloatTensor own, List<String> theirs) {
    return switch (this) {
      case SAME -> List.of(own.named(theirs.get(0)));
      case STACKED -> unstacked(own, theirs);
      case LEADING_ONES ->
          List.of(new FloatTensor(theirs.get(0), withoutOnes(own.shape()), own.values()));
      case NO_BIAS -> List.of();
      case QUARTERS_EXCHANGED -> List.of(quartersExchanged(theirs.get(0), own));
    };
  }

  private static FloatTensor stacked(String own, List<FloatTensor> parts) {
    FloatTensor first = parts.get(0);
    for (FloatTensor part : parts) {
      if (part.shape().isEmpty() || !part.shape().equals(first.shape())) {
        throw new IllegalArgumentException(
            "tensor "
                + Refusal.quoted(part.name())
                + " has shape "
                + part.shape()
                + ", which does not stack with "
                + Refusal.quoted(first.name())
                + " of shape "
                + first.shape());
      }
    }
    List<Long> shape = new ArrayList<>(first.shape());
    shape.set(0, Math.multiplyExact(shape.get(0), (long) parts.size()));
    long size = first.elements();
    return new FloatTensor(
        own,
        shape,
        (from, into, count) -> {
          float[] piece = new float[(int) Math.min(size, count)];
          for (int done = 0; done < count; ) {
            long at = from + done;
            long inside = at % size;
            int length = (int) Math.min(size - inside, count - done);
            parts.get((int) (at / size)).values().read(inside, piece, length);
            System.arraycopy(piece, 0, into, done, length);
            done += length;
          }
        });
  }

  private static List<FloatTensor> unstacked(FloatTensor own, List<String> names) {
    List<Long> shape = new ArrayList<>(own.shape());
    shape.set(0, shape.get(0) / names.size());
    long size = own.elements() / names.size();
    List<FloatTensor> parts = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      long start = i * size;
      parts.add(
          new FloatTensor(
              names.get(i),
              shape,
              (from, into, count) -> own.values().read(start + from, into, count)));
    }
    return parts;
  }

  private static FloatTensor quartersExchanged(String name, FloatTensor tensor) {
    long row = tensor.shape().isEmpty() ? 0 : tensor.shape().get(tensor.shape().size() - 1);
    if (row == 0 || row % 4 != 0) {
      throw new IllegalArgumentException(
          "tensor "
              + Refusal.quoted(tensor.name())
              + " has shape "
              + tensor.shape()
              + ", whose last extent is no multiple of 4");
    }
    long quarter = row / 4;
    return new FloatTensor(
        name,
        tensor.shape(),
        (from, into, count) -> {
          // Whole rows in one read: a remote file answers few long requests, not many short ones.
          long start = from / row * row;
          long end = Math.min(tensor.elements(), (from + count + row - 1) / row * row);
          float[] rows = new float[Math.toIntExact(end - start)];
          tensor.values().read(start, rows, rows.length);
          for (int i = 0; i < count; i++) {
            into[i] = rows[(int) (exchanged(from + i, quarter) - start)];
          }
        });
  }

  private static long exchanged(long at, long quarter) {
    return switch ((int) (at / quarter % 4)) {
      case 1 -> at + quarter;
      case 2 -> at - quarter;
      default -> at;
    };
  }

  private static List<Long> withOnes(List<Long> shape) {
    List<Long> full = new ArrayList<>(shape);
    while (full.size() < RANK_WITH_ONES) {
      full.add(0, 1L);
    }
    return full;
  }

  private static List<Long> withoutOnes(List<Long> shape) {
    int first = 0;
    while (first < shape.size() - 1 && shape.get(first) == 1) {
      first++;
    }
    return shape.subList(first, shape.size());
  }
}
