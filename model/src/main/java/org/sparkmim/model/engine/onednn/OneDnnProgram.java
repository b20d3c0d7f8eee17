package org.sparkmim.model.engine.onednn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.sparkmim.model.engine.Engine.Options;
import org.sparkmim.model.engine.IndexBounds;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Value;

/** Two lists of kernels, replayed. */
final class OneDnnProgram implements Program {
  private final Dnnl dnnl = new Dnnl();
  private final Team team = Team.ofEngine();
  private final Schedule schedule;
  private final Buffers buffers;
  private final Track packing = new Track();
  private final Track forward = new Track();
  private final Track backward = new Track();
  private final Map<Value, HostAccess> access = new HashMap<>();
  private final IndexBounds indexBounds;
  private final LinearKernels linear;
  private final AttentionKernels attention;
  private final WindowAttentionKernels windowAttention;
  private final PlacementKernels placement;
  private final NormKernels norm;
  private final TokenKernels token;
  private final GridKernels grid;
  private final MixKernels mix;
  private final BranchKernels branch;
  private final ClassifierKernels classifier;
  private final LossKernels loss;

  OneDnnProgram(Graph graph, ParameterVectors state, Options options) {
    schedule = new Schedule(graph, options.training(), options.inspectable());
    buffers = new Buffers(graph, schedule, state, options.precision(), dnnl);
    indexBounds = new IndexBounds(graph);
    Region scratch = new Region();
    Region scratch2 = new Region();
    Region packed = new Region();
    Emission emission =
        new Emission(dnnl, new Primitives(dnnl), buffers, scratch, scratch2, packed);
    List<Kernel> copies = new ArrayList<>();
    linear = new LinearKernels(emission);
    attention = new AttentionKernels(emission);
    windowAttention = new WindowAttentionKernels(emission, team);
    placement = new PlacementKernels(emission, team);
    norm = new NormKernels(emission);
    token = new TokenKernels(emission, team);
    grid = new GridKernels(emission, copies);
    mix = new MixKernels(emission, team);
    branch = new BranchKernels(emission, team);
    classifier = new ClassifierKernels(emission, team);
    loss = new LossKernels(emission, team);
    for (Op op : schedule.forward()) {
      forward.add(nameOf(op) + " forward", forward(op));
    }
    buffers.turnBack();
    for (BackwardStep step : schedule.backward()) {
      for (Op op : step.again()) {
        backward.add(nameOf(op) + " again", forward(op));
      }
      backward.add(nameOf(step.op()) + " backward", backward(step));
    }
    packing.add("weight packing", copies);
    for (Region region : List.of(scratch, scratch2, packed, dnnl.scratchpad())) {
      region.bind(dnnl.allocate(region.bytes()));
    }
    for (Value value : graph.named().values()) {
      if (value.role() != Value.Role.PARAMETER && value.role() != Value.Role.CONSTANT) {
        access.put(value, new HostAccess(buffers.of(value)));
      }
    }
    for (Value value : graph.losses()) {
      access.put(value, new HostAccess(buffers.of(value)));
    }
  }

  private List<Kernel> forward(Op op) {
    if (op instanceof Op.Linear o) {
      return linear.forward(o);
    } else if (op instanceof Op.Gelu o) {
      return norm.forward(o);
    } else if (op instanceof Op.Swish o) {
      return norm.forward(o);
    } else if (op instanceof Op.Mix o) {
      return mix.forward(o);
    } else if (op instanceof Op.LayerNorm o) {
      return norm.forward(o);
    } else if (op instanceof Op.Attention o) {
      return attention.forward(o);
    } else if (op instanceof Op.WindowAttention o) {
      return windowAttention.forward(o);
    } else if (op instanceof Op.Permute o) {
      return placement.forward(o);
    } else if (op instanceof Op.RestoreTokens o) {
      return placement.forward(o);
    } else if (op instanceof Op.GatherRows o) {
      return token.forward(o);
    } else if (op instanceof Op.PrependToken o) {
      return token.forward(o);
    } else if (op instanceof Op.DropTokens o) {
      return token.forward(o);
    } else if (op instanceof Op.Unshuffle o) {
      return token.forward(o);
    } else if (op instanceof Op.ConvTranspose2x o) {
      return grid.forward(o);
    } else if (op instanceof Op.AvgPool2x o) {
      return grid.forward(o);
    } else if (op instanceof Op.AddBranch o) {
      return branch.forward(o);
    } else if (op instanceof Op.AddPositions o) {
      return classifier.forward(o);
    } else if (op instanceof Op.TokenMean o) {
      return classifier.forward(o);
    } else if (op instanceof Op.CrossEntropy o) {
      return classifier.forward(o);
    }
    return loss.forward((Op.MaskedLoss) op);
  }

  private List<Kernel> backward(BackwardStep step) {
    Op op = step.op();
    if (op instanceof Op.Linear o) {
      return linear.backward(o, step);
    } else if (op instanceof Op.Gelu o) {
      return norm.backward(o, step);
    } else if (op instanceof Op.Swish o) {
      return norm.backward(o, step);
    } else if (op instanceof Op.Mix o) {
      return mix.backward(o, step);
    } else if (op instanceof Op.LayerNorm o) {
      return norm.backward(o, step);
    } else if (op instanceof Op.Attention o) {
      return attention.backward(o, step);
    } else if (op instanceof Op.WindowAttention o) {
      return windowAttention.backward(o, step);
    } else if (op instanceof Op.Permute o) {
      return placement.backward(o, step);
    } else if (op instanceof Op.RestoreTokens o) {
      return placement.backward(o, step);
    } else if (op instanceof Op.GatherRows o) {
      return token.backward(o, step);
    } else if (op instanceof Op.PrependToken o) {
      return token.backward(o, step);
    } else if (op instanceof Op.DropTokens o) {
      return token.backward(o, step);
    } else if (op instanceof Op.Unshuffle o) {
      return token.backward(o, step);
    } else if (op instanceof Op.ConvTranspose2x o) {
      return grid.backward(o, step);
    } else if (op instanceof Op.AvgPool2x o) {
      return grid.backward(o, step);
    } else if (op instanceof Op.AddBranch o) {
      return branch.backward(o, step);
    } else if (op instanceof Op.AddPositions o) {
      return classifier.backward(o, step);
    } else if (op instanceof Op.TokenMean o) {
      return classifier.backward(o, step);
    } else if (op instanceof Op.CrossEntropy o) {
      return classifier.backward(o, step);
    }
    return loss.backward((Op.MaskedLoss) op, step);
  }

  @Override
  public void write(Value input, float[] numbers) {
    access.get(input).write(numbers);
  }

  @Override
  public void write(Value index, int[] numbers) {
    indexBounds.check(index, numbers);
    access.get(index).write(numbers);
  }

  @Override
  public void forward() {
    packing.run();
    forward.run();
  }

  @Override
  public void backward() {
    backward.run();
  }

  @Override
  public void read(Value value, float[] destination) {
    if (!schedule.outlivesForward(value)) {
      throw new IllegalStateException(
          value + " has been overwritten; compile an inspectable program to read it");
    }
    access.get(value).read(destination);
  }

  @Override
  public double scalar(Value value) {
    return access.get(value).first();
  }

  @Override
  public long activationBytes() {
    return buffers.bytes();
  }

  @Override
  public Map<String, Long> nanosByOperation() {
    Map<String, Long> nanos = new TreeMap<>();
    packing.addTo(nanos);
    forward.addTo(nanos);
    backward.addTo(nanos);
    return nanos;
  }

  private static String nameOf(Op op) {
    return op.getClass().getSimpleName();
  }

  @Override
  public void close() {
    team.close();
    dnnl.close();
  }
}
