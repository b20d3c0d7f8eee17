package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Value;

/** All tasks of a program and all memory that they touch, made without a device. */
final class Plan {
  private final Graph graph;
  private final Schedule schedule;
  private final Constants constants = new Constants();
  private final Scratch scratch = new Scratch();
  private final Region kept = new Region();
  private final Region landing = new Region();
  private final Buffers buffers;
  private final LinearKernels linear;
  private final NormKernels norm;
  private final AttentionKernels attention;
  private final WindowAttentionKernels windowAttention;
  private final TokenKernels token;
  private final RestoreKernels restore;
  private final GridKernels grid;
  private final MixKernels mix;
  private final LossKernels loss;
  private final List<Task> forward = new ArrayList<>();
  private final List<Task> backward = new ArrayList<>();

  Plan(Graph graph, Engine.Options options) {
    this(graph, options, AttentionKernels.MOST_SCORES);
  }

  /**
   * @param mostScores bytes of attention scores that are worked on at once
   */
  Plan(Graph graph, Engine.Options options, long mostScores) {
    this.graph = graph;
    Storage storage = Storage.of(graph, options.precision());
    schedule = new Schedule(graph, options.training(), options.inspectable(), storage::saved);
    buffers = new Buffers(graph, schedule, storage, options, constants);
    Emission emission = new Emission(buffers, scratch, kept, constants);
    linear = new LinearKernels(emission);
    norm = new NormKernels(emission);
    attention = new AttentionKernels(emission, mostScores);
    windowAttention = new WindowAttentionKernels(emission, attention);
    token = new TokenKernels(emission);
    restore = new RestoreKernels(emission);
    grid = new GridKernels(emission);
    mix = new MixKernels(emission);
    loss = new LossKernels(emission);
    for (Op op : schedule.forward()) {
      scratch.reset();
      forward.addAll(forward(op));
    }
    buffers.turnBack();
    for (BackwardStep step : schedule.backward()) {
      for (Op op : step.again()) {
        scratch.reset();
        backward.addAll(forward(op));
      }
      scratch.reset();
      backward.addAll(backward(step));
    }
    for (Value value : graph.values()) {
      if (value.role() == Value.Role.INPUT && buffers.of(value).type() == Type.BF16) {
        landing.reserve(Type.F32.bytes(value.size()));
      }
    }
  }

  Graph graph() {
    return graph;
  }

  Schedule schedule() {
    return schedule;
  }

  Buffers buffers() {
    return buffers;
  }

  Constants constants() {
    return constants;
  }

  /** Where inputs arrive as float32 before they are made bf16. */
  Region landing() {
    return landing;
  }

  List<Task> forward() {
    return forward;
  }

  List<Task> backward() {
    return backward;
  }

  /** Everything that is to be allocated. */
  List<Region> regions() {
    List<Region> regions = new ArrayList<>(buffers.regions());
    regions.addAll(List.of(scratch.region(), kept, landing, constants.region()));
    return regions;
  }

  /** Bytes of all regions. */
  long bytes() {
    return regions().stream().mapToLong(Region::bytes).sum();
  }

  private List<Task> forward(Op op) {
    if (op instanceof Op.Linear o) {
      return linear.forward(o);
    } else if (op instanceof Op.Gelu o) {
      return norm.forward(o);
    } else if (op instanceof Op.Swish o) {
      return norm.forward(o);
    } else if (op instanceof Op.LayerNorm o) {
      return norm.forward(o);
    } else if (op instanceof Op.Attention o) {
      return attention.forward(o);
    } else if (op instanceof Op.WindowAttention o) {
      return windowAttention.forward(o);
    } else if (op instanceof Op.GatherRows o) {
      return token.forward(o);
    } else if (op instanceof Op.PrependToken o) {
      return token.forward(o);
    } else if (op instanceof Op.DropTokens o) {
      return token.forward(o);
    } else if (op instanceof Op.AddPositions o) {
      return token.forward(o);
    } else if (op instanceof Op.AddBranch o) {
      return token.forward(o);
    } else if (op instanceof Op.TokenMean o) {
      return token.forward(o);
    } else if (op instanceof Op.Permute o) {
      return token.forward(o);
    } else if (op instanceof Op.Unshuffle o) {
      return restore.forward(o);
    } else if (op instanceof Op.RestoreTokens o) {
      return restore.forward(o);
    } else if (op instanceof Op.ConvTranspose2x o) {
      return grid.forward(o);
    } else if (op instanceof Op.AvgPool2x o) {
      return grid.forward(o);
    } else if (op instanceof Op.Mix o) {
      return mix.forward(o);
    } else if (op instanceof Op.CrossEntropy o) {
      return loss.forward(o);
    }
    return loss.forward((Op.MaskedLoss) op);
  }

  private List<Task> backward(BackwardStep step) {
    Op op = step.op();
    if (op instanceof Op.Linear o) {
      return linear.backward(o, step);
    } else if (op instanceof Op.Gelu o) {
      return norm.backward(o, step);
    } else if (op instanceof Op.Swish o) {
      return norm.backward(o, step);
    } else if (op instanceof Op.LayerNorm o) {
      return norm.backward(o, step);
    } else if (op instanceof Op.Attention o) {
      return attention.backward(o, step);
    } else if (op instanceof Op.WindowAttention o) {
      return windowAttention.backward(o, step);
    } else if (op instanceof Op.GatherRows o) {
      return token.backward(o, step);
    } else if (op instanceof Op.PrependToken o) {
      return token.backward(o, step);
    } else if (op instanceof Op.DropTokens o) {
      return token.backward(o, step);
    } else if (op instanceof Op.AddPositions o) {
      return token.backward(o, step);
    } else if (op instanceof Op.AddBranch o) {
      return token.backward(o, step);
    } else if (op instanceof Op.TokenMean o) {
      return token.backward(o, step);
    } else if (op instanceof Op.Permute o) {
      return token.backward(o, step);
    } else if (op instanceof Op.Unshuffle o) {
      return restore.backward(o, step);
    } else if (op instanceof Op.RestoreTokens o) {
      return restore.backward(o, step);
    } else if (op instanceof Op.ConvTranspose2x o) {
      return grid.backward(o, step);
    } else if (op instanceof Op.AvgPool2x o) {
      return grid.backward(o, step);
    } else if (op instanceof Op.Mix o) {
      return mix.backward(o, step);
    } else if (op instanceof Op.CrossEntropy o) {
      return loss.backward(o, step);
    }
    return loss.backward((Op.MaskedLoss) op, step);
  }
}
