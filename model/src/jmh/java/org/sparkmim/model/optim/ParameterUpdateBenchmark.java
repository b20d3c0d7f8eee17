package org.sparkmim.model.optim;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.ParameterLayout;

/** Time of AdamW for a parameter; its floor is 28 bytes of memory traffic. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ParameterUpdateBenchmark {
  private static final int PARAMETERS = 32_000_000;

  private ParameterVectors state;
  private Team team;
  private ParameterUpdate update;

  @Setup(Level.Trial)
  public void prepare() {
    state = ParameterVectors.allocate(PARAMETERS);
    team = Team.ofEngine();
    ParameterLayout.Entry entry =
        new ParameterLayout.Entry("weight", List.of(PARAMETERS, 1), 0, new Init.Constant(0));
    update = new ParameterUpdate(state, Updates.Range.of(List.of(entry), LayerDecay.none()), team);
  }

  @TearDown(Level.Trial)
  public void close() {
    team.close();
    state.close();
  }

  @Benchmark
  @OperationsPerInvocation(PARAMETERS)
  public void adamw() {
    update.apply(Optimizer.AdamW.published(), 1e-4, 1);
  }
}
