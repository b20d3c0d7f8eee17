package org.sparkmim.model.dl4j;

import java.util.Collection;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Optimizer;

/** The whole network as one DL4J output layer; survives DL4J's JSON round trip. */
public final class MimLayerConfiguration extends org.deeplearning4j.nn.conf.layers.Layer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private String spec;
  @JsonProperty private String engine;
  @JsonProperty private String precision;
  @JsonProperty private int batch;
  @JsonProperty private double learningRate;
  @JsonProperty private double beta1;
  @JsonProperty private double beta2;
  @JsonProperty private double epsilon;
  @JsonProperty private double weightDecay;

  /** For Jackson. */
  public MimLayerConfiguration() {}

  MimLayerConfiguration(
      ModelSpec spec,
      EngineSpec engine,
      int batch,
      Optimizer.AdamW optimizer,
      double learningRate) {
    this.spec = spec.toJson();
    this.engine = engine.name();
    this.precision = engine.precision().name();
    this.batch = batch;
    this.learningRate = learningRate;
    beta1 = optimizer.beta1();
    beta2 = optimizer.beta2();
    epsilon = optimizer.eps();
    weightDecay = optimizer.weightDecay();
  }

  ModelSpec modelSpec() {
    return ModelSpec.fromJson(spec);
  }

  EngineSpec engineSpec() {
    return new EngineSpec(engine, Precision.valueOf(precision), 0);
  }

  int batch() {
    return batch;
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int index,
      INDArray parameters,
      boolean initialise,
      DataType type) {
    MimLayer layer = new MimLayer(conf, type);
    layer.setListeners(listeners);
    layer.setIndex(index);
    layer.setParamsViewArray(parameters);
    layer.setParamTable(initializer().init(conf, parameters, initialise));
    layer.setConf(conf);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return MimParameters.INSTANCE;
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return InputType.feedForward(PackedBatch.labelWidth(modelSpec()));
  }

  @Override
  public void setNIn(InputType input, boolean override) {
    // The width of a row follows from the specification.
  }

  @Override
  public InputPreProcessor getPreProcessorForInputType(InputType input) {
    return null;
  }

  @Override
  public IUpdater getUpdaterByParam(String key) {
    return new Adam(learningRate, beta1, beta2, epsilon);
  }

  @Override
  public List<Regularization> getRegularizationByParam(String key) {
    ParameterLayout.Entry entry =
        MimParameters.layout(this).find(MimParameters.officialName(key)).orElseThrow();
    return entry.decayed() && weightDecay > 0 ? List.of(new WeightDecay(weightDecay, true)) : null;
  }

  @Override
  public GradientNormalization getGradientNormalization() {
    return GradientNormalization.None;
  }

  @Override
  public double getGradientNormalizationThreshold() {
    return 0;
  }

  @Override
  public boolean isPretrainParam(String key) {
    return false;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType input) {
    return new LayerMemoryReport.Builder(
            getLayerName(), MimLayerConfiguration.class, input, getOutputType(0, input))
        .standardMemory(MimParameters.layout(this).size(), 2 * MimParameters.layout(this).size())
        .build();
  }
}
