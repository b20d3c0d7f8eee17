package org.sparkmim.job.round;

import com.typesafe.config.Config;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.FlatState.Vector;

/**
 * How the workers' states become the next one.
 *
 * @param exchange of the parameters' change; F32 exchanges the parameters themselves
 */
public record AveragingRule(Outer outer, Exchange exchange) implements Serializable {

  static AveragingRule from(Config train) {
    String name = train.getString("exchange");
    Exchange exchange =
        Arrays.stream(Exchange.values())
            .filter(each -> each.key().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    MimException.usage(
                        "train.exchange = "
                            + name
                            + " is not known; allowed are "
                            + Arrays.stream(Exchange.values())
                                .map(Exchange::key)
                                .collect(Collectors.joining(", "))
                            + "."));
    return new AveragingRule(Outer.from(train.getConfig("outer")), exchange);
  }

  /** Plain averaging of float32. */
  public static AveragingRule plain() {
    return new AveragingRule(Outer.average(), Exchange.F32);
  }

  /** Whether the next parameters depend on nothing but the workers'. */
  boolean isPlain() {
    return !outer.hasMomentum() && !isRounded();
  }

  /** Whether what travels is rounded. */
  boolean isRounded() {
    return exchange != Exchange.F32;
  }

  /** Bytes of a parameter and its moments between a worker and an averager, each way. */
  public double exchangedBytes() {
    double block = Coder.BLOCK;
    return (exchange.bytes(Coder.BLOCK) + 2 * exchange.ofMoments().bytes(Coder.BLOCK)) / block;
  }

  /** Bytes of a parameter in the state that a checkpoint holds. */
  public long storedBytes() {
    return (long) vectors().size() * Float.BYTES;
  }

  /**
   * Bytes of a parameter that a process with workers holds on its Java heap while it averages: what
   * they began the round with, what they offer, and the states before and after.
   *
   * @param workers in that process, of {@code all}
   */
  public double heldBytes(int workers, int all) {
    double known = isRounded() ? Float.BYTES : 0;
    double each = exchangedBytes() + known;
    boolean apart = workers < all;
    double begun = apart ? handedOutBytes() : storedBytes();
    double past = apart ? outerVectors().size() * Float.BYTES : 0;
    return workers * each + begun + (storedBytes() + past) * workers / all;
  }

  private double handedOutBytes() {
    double block = Coder.BLOCK;
    return FlatState.OF_WORKERS.stream()
        .mapToDouble(vector -> handedOutAs(vector).bytes(Coder.BLOCK) / block)
        .sum();
  }

  /** The vectors of a run's state. */
  List<Vector> vectors() {
    List<Vector> vectors = new ArrayList<>(FlatState.OF_WORKERS);
    vectors.addAll(outerVectors());
    return vectors;
  }

  /** Those that only averagers use. */
  List<Vector> outerVectors() {
    List<Vector> vectors = new ArrayList<>();
    if (outer.hasMomentum()) {
      vectors.add(Vector.OUTER_MOMENTUM);
    }
    if (isRounded()) {
      vectors.add(Vector.RESIDUAL);
    }
    return vectors;
  }

  /** How a state's vector is handed out. */
  Exchange handedOutAs(Vector vector) {
    return switch (vector) {
      case FIRST_MOMENT, SECOND_MOMENT -> exchange.ofMoments();
      case PARAMETERS, OUTER_MOMENTUM, RESIDUAL -> Exchange.F32;
    };
  }

  /** How a worker's vector is offered; of the parameters, if rounded, their change in the round. */
  Exchange offeredAs(Vector vector) {
    return vector == Vector.PARAMETERS ? exchange : exchange.ofMoments();
  }
}
