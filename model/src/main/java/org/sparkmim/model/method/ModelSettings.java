package org.sparkmim.model.method;

import static org.sparkmim.model.method.Rules.require;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A {@link ModelSpec} in the words of the configuration; {@code auto} is what was published. */
final class ModelSettings {
  private static final String AUTO = "auto";

  private final Config model;

  private ModelSettings(Config model) {
    this.model = model;
  }

  static ModelSpec read(Config model) {
    return new ModelSettings(model).spec();
  }

  private ModelSpec spec() {
    Method method = Method.of(model.getString("method"));
    require(
        method != null,
        "model.method",
        model.getString("method"),
        "is not one of " + Method.keys());
    VitShape encoder = encoder("", model.getInt("patch-size"));
    Published published = method.published(encoder.depth());
    ModelSpec.Decoder decoder = published.decoder();
    boolean aligns = method == Method.MASKALIGN;
    return new ModelSpec(
        method,
        model.getInt("image-size"),
        encoder,
        isAuto("taps") ? published.taps() : model.getIntList("taps"),
        isAuto("scales") || aligns ? published.scales() : model.getDoubleList("scales"),
        isAuto("fused") ? published.fused() : model.getIntList("fused"),
        new ModelSpec.Decoder(
            size("decoder.width", decoder.width()),
            size("decoder.depth", decoder.depth()),
            size("decoder.heads", decoder.heads())),
        masking(published),
        target(published),
        aligns ? alignment() : null);
  }

  private VitShape encoder(String section, int patchSize) {
    String arch = model.getString(section + "arch");
    VitArch preset =
        Arrays.stream(VitArch.values()).filter(a -> a.key().equals(arch)).findFirst().orElse(null);
    require(
        preset != null || arch.equals("custom"),
        "model." + section + "arch",
        arch,
        "is not one of "
            + Arrays.stream(VitArch.values()).map(VitArch::key).collect(Collectors.joining(", "))
            + ", custom");
    return new VitShape(
        patchSize,
        size(section + "width", preset == null ? null : preset.width()),
        size(section + "depth", preset == null ? null : preset.depth()),
        size(section + "heads", preset == null ? null : preset.heads()),
        model.getDouble(section + "mlp-ratio"));
  }

  private MaskSpec masking(Published published) {
    String key = model.getString("masking.strategy");
    MaskSpec.Strategy strategy = key.equals(AUTO) ? published.masking() : MaskSpec.Strategy.of(key);
    require(
        strategy != null,
        "model.masking.strategy",
        key,
        "is not one of auto, " + MaskSpec.Strategy.keys());
    double ratio = isAuto("mask-ratio") ? published.maskRatio() : model.getDouble("mask-ratio");
    return new MaskSpec(strategy, ratio, model.getInt("masking.unit"));
  }

  private TargetSpec target(Published published) {
    String key = model.getString("target.kind");
    TargetSpec.Kind kind = key.equals(AUTO) ? published.target() : TargetSpec.Kind.of(key);
    require(
        kind != null, "model.target.kind", key, "is not one of auto, " + TargetSpec.Kind.keys());
    return new TargetSpec(
        kind,
        model.getInt("hog.bins"),
        model.getBoolean("hog.bias"),
        model.getBoolean("target.normalise"),
        model.getDouble("target.radius"));
  }

  private Alignment alignment() {
    return new Alignment(
        model.getInt("alignment.levels"),
        one("alignment.mixing", Alignment.Mixing.values()),
        new Alignment.Teacher(
            one("teacher.family", Alignment.Family.values()),
            encoder("teacher.", model.getInt("teacher.patch-size")),
            model.getString("teacher.weights")));
  }

  private <T extends Enum<T>> T one(String key, T[] allowed) {
    String text = model.getString(key);
    for (T value : allowed) {
      if (key(value).equals(text)) {
        return value;
      }
    }
    String all = Arrays.stream(allowed).map(ModelSettings::key).collect(Collectors.joining(", "));
    require(false, "model." + key, text, "is not one of " + all);
    return null;
  }

  private static String key(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private boolean isAuto(String key) {
    return model.getValue(key).valueType() == ConfigValueType.STRING
        && model.getString(key).equals(AUTO);
  }

  private int size(String key, Integer preset) {
    if (!isAuto(key)) {
      return model.getInt(key);
    }
    require(preset != null, "model." + key, AUTO, "must be a number when the arch is custom");
    return preset;
  }

  static String write(ModelSpec spec) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("method", spec.method().key());
    keys.put("image-size", spec.imageSize());
    put(keys, "", spec.encoder());
    keys.put("taps", spec.taps());
    keys.put("scales", spec.scales());
    keys.put("fused", spec.fused());
    keys.put("decoder.width", spec.decoder().width());
    keys.put("decoder.depth", spec.decoder().depth());
    keys.put("decoder.heads", spec.decoder().heads());
    keys.put("mask-ratio", spec.masking().ratio());
    keys.put("masking.strategy", spec.masking().strategy().key());
    keys.put("masking.unit", spec.masking().unit());
    keys.put("target.kind", spec.target().kind().key());
    keys.put("target.normalise", spec.target().normalise());
    keys.put("target.radius", spec.target().radius());
    keys.put("hog.bins", spec.target().bins());
    keys.put("hog.bias", spec.target().bias());
    if (spec.alignment() != null) {
      keys.put("alignment.levels", spec.alignment().levels());
      keys.put("alignment.mixing", spec.alignment().mixing().key());
      put(keys, "teacher.", spec.alignment().teacher().shape());
      keys.put("teacher.family", spec.alignment().teacher().family().key());
      keys.put("teacher.weights", spec.alignment().teacher().weights());
    }
    return ConfigFactory.parseMap(keys).root().render(ConfigRenderOptions.concise());
  }

  private static void put(Map<String, Object> keys, String section, VitShape shape) {
    keys.put(section + "arch", "custom");
    keys.put(section + "patch-size", shape.patchSize());
    keys.put(section + "width", shape.width());
    keys.put(section + "depth", shape.depth());
    keys.put(section + "heads", shape.heads());
    keys.put(section + "mlp-ratio", shape.mlpRatio());
  }
}
