package org.sparkmim.job.verify;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import org.sparkmim.job.MimException;
import org.sparkmim.job.cli.ExitCode;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.EngineSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mim verify-reference}: is this build the published method, number by number? */
@Command(
    name = "verify-reference",
    mixinStandardHelpOptions = true,
    description = {
      "Compares every tensor of a golden bundle (safetensors, format mim-golden/1) with this build:"
          + " forward, losses, gradients, optimiser, loss curve.",
      "Tables of learning rates and positions come as JSON of the same format.",
      "The limits are meant for f32; bf16 misses them by its nature."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every group is within \"accept\"",
      "2:the file cannot be read, or its method is not supported",
      "4:some group is not within \"accept\""
    })
public final class VerifyReferenceCommand implements Callable<Integer> {
  private static final Map<String, BiFunction<GoldenBundle, EngineSpec, List<TensorCheck>>>
      METHODS =
          new TreeMap<>(
              Map.of(
                  "localmim_vit",
                  VerifyReferenceCommand::decoded,
                  "mae_vit",
                  VerifyReferenceCommand::decoded,
                  "mff_vit",
                  VerifyReferenceCommand::decoded,
                  "maskalign",
                  VerifyReferenceCommand::aligned,
                  "vit_classify",
                  ClassifierVerification::run,
                  "linear_probe",
                  LinearProbeVerification::run,
                  "localmim_swin",
                  SwinVerification::run,
                  "hog",
                  HogVerification::run));

  @CommandLine.Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE", description = "The bundle.")
  private Path file;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "reference, onednn, cuda, nd4j or auto (default: ${DEFAULT-VALUE}).")
  private String engine;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = "f32",
      description = "f32 or bf16 (default: ${DEFAULT-VALUE}).")
  private String precision;

  @Option(names = "--json", description = "Prints one JSON object instead of tables.")
  private boolean json;

  @Override
  public Integer call() {
    VerificationReport report = verify();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(ReportJson.render(report));
    } else {
      ReportText.print(report, out);
    }
    out.flush();
    return (report.passed() ? ExitCode.DONE : ExitCode.RUN_FAILED).code();
  }

  private static List<TensorCheck> decoded(GoldenBundle bundle, EngineSpec engine) {
    return TrainingVerification.run(new DecodedBundle(bundle), engine);
  }

  private static List<TensorCheck> aligned(GoldenBundle bundle, EngineSpec engine) {
    try (MaskAlignBundle golden = new MaskAlignBundle(bundle, engine)) {
      return TrainingVerification.run(golden, engine);
    }
  }

  private VerificationReport verify() {
    EngineSpec chosen = EngineSpec.of(engine, precision);
    try {
      return GoldenTables.are(file) ? tables() : bundle(chosen);
    } catch (ModelException e) {
      // Not exit code 3: here the file is an argument, and the work of a scheduler is not at stake.
      throw MimException.usage(e.getMessage(), e);
    } catch (IOException e) {
      throw MimException.usage("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private VerificationReport tables() throws IOException {
    GoldenTables tables = GoldenTables.open(file);
    return new VerificationReport(
        file.toString(),
        tables.model(),
        tables.source(),
        "none",
        SchedulesVerification.run(tables),
        Map.of());
  }

  private VerificationReport bundle(EngineSpec chosen) throws IOException {
    try (GoldenBundle bundle = GoldenBundle.open(file)) {
      BiFunction<GoldenBundle, EngineSpec, List<TensorCheck>> method = METHODS.get(bundle.model());
      if (method == null) {
        throw bundle.refusal(
            "method not supported yet: "
                + bundle.model()
                + ". Supported are "
                + String.join(", ", METHODS.keySet()));
      }
      return new VerificationReport(
          file.toString(),
          bundle.model(),
          bundle.source(),
          chosen.name() + ", " + chosen.precision().name().toLowerCase(Locale.ROOT),
          method.apply(bundle, chosen),
          bundle.published());
    }
  }
}
