package org.sparkmim.model.dl4j;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.AbstractLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.method.ModelSpec;

/**
 * The network at run time inside DL4J. Gradients are written straight into DL4J's flattened
 * gradient view; nothing is copied.
 */
public final class MimLayer extends AbstractLayer<MimLayerConfiguration> implements IOutputLayer {
  private static final long serialVersionUID = 1L;

  private INDArray parameters;
  private INDArray gradients;
  private Map<String, INDArray> parameterTable;
  private Map<String, INDArray> gradientTable;
  private INDArray labels;
  private transient Network network;
  private transient PackedBatch packed;
  private double score;

  MimLayer(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  /** The network bound to this layer's parameters and gradients. */
  Network network() {
    if (network == null) {
      if (gradients == null) {
        setBackpropGradientsViewArray(Nd4j.create(DataType.FLOAT, parameters.length()));
      }
      bind(
          ParameterVectors.wrap(
              parameters.length(),
              Arrays.pointer(parameters),
              Arrays.pointer(gradients),
              null,
              null));
    }
    return network;
  }

  /** Compiles the network on the given vectors, which must be this layer's. */
  void bind(ParameterVectors state) {
    close();
    MimLayerConfiguration mim = layerConf();
    network = Network.bind(mim.modelSpec(), mim.engineSpec(), mim.batch(), state);
    packed = new PackedBatch(mim.modelSpec(), mim.batch());
  }

  /** Room for unpacking this layer's batches. */
  PackedBatch packed() {
    network();
    return packed;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr ws) {
    network();
    packed.feed(input, labels, network);
    score = sum(network.forward());
    network.backward();
    Gradient gradient = new DefaultGradient(gradients);
    gradientTable.forEach(gradient::setGradientFor);
    return new Pair<>(gradient, null);
  }

  @Override
  public double computeScore(double regularisation, boolean training, LayerWorkspaceMgr ws) {
    if (!training) {
      packed().feed(input, labels, network());
      score = sum(network.forward());
    }
    return score + regularisation;
  }

  /** Predictions of all heads, one row an image. */
  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr ws) {
    packed().feed(input, null, network());
    network.forward();
    List<ModelSpec.Output> outputs = network.spec().outputs();
    int batch = network.batch();
    int width = 0;
    for (ModelSpec.Output output : outputs) {
      width += output.rows() * output.width();
    }
    INDArray out = PackedBatch.allocate(batch, width);
    int first = 0;
    for (int k = 0; k < outputs.size(); k++) {
      float[] prediction = network.prediction(k);
      int columns = prediction.length / batch;
      INDArray part = Nd4j.createFromArray(prediction).reshape(batch, columns);
      out.get(NDArrayIndex.all(), NDArrayIndex.interval(first, first + columns)).assign(part);
      first += columns;
    }
    return out;
  }

  private static double sum(double[] losses) {
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum;
  }

  @Override
  public double score() {
    return score;
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  @Override
  public void clearNoiseWeightParams() {
    // There is no weight noise.
  }

  @Override
  public boolean needsLabels() {
    return true;
  }

  @Override
  public void setLabels(INDArray labels) {
    this.labels = labels;
  }

  @Override
  public INDArray getLabels() {
    return labels;
  }

  @Override
  public void setParamsViewArray(INDArray view) {
    close();
    parameters = view;
  }

  @Override
  public void setBackpropGradientsViewArray(INDArray view) {
    close();
    gradients = view;
    gradientTable = MimParameters.INSTANCE.getGradientsFromFlattened(conf, view);
  }

  @Override
  public INDArray getGradientsViewArray() {
    return gradients;
  }

  @Override
  public INDArray params() {
    return parameters;
  }

  @Override
  public void setParams(INDArray values) {
    if (values != parameters) {
      parameters.assign(values.reshape(parameters.shape()));
    }
  }

  @Override
  public void setParamTable(Map<String, INDArray> table) {
    parameterTable = table;
  }

  @Override
  public Map<String, INDArray> paramTable() {
    return parameterTable;
  }

  @Override
  public Map<String, INDArray> paramTable(boolean backpropOnly) {
    return parameterTable;
  }

  @Override
  public INDArray getParam(String key) {
    return parameterTable.get(key);
  }

  @Override
  public void setParam(String key, INDArray value) {
    parameterTable.get(key).assign(value);
  }

  @Override
  public long numParams() {
    return parameters.length();
  }

  @Override
  public long numParams(boolean backwards) {
    return parameters.length();
  }

  @Override
  public double calcRegularizationScore(boolean backpropParamsOnly) {
    return 0;
  }

  @Override
  public boolean updaterDivideByMinibatch(String key) {
    return false;
  }

  @Override
  public void clear() {
    super.clear();
    labels = null;
  }

  @Override
  public void close() {
    if (network != null) {
      network.close();
      network = null;
    }
  }

  @Override
  public INDArray computeScoreForExamples(double regularisation, LayerWorkspaceMgr ws) {
    throw unsupported("a score for each image; the loss is normalised over the whole batch");
  }

  @Override
  public double f1Score(DataSet data) {
    throw unsupported("classification");
  }

  @Override
  public double f1Score(INDArray examples, INDArray classes) {
    throw unsupported("classification");
  }

  @Override
  public int numLabels() {
    throw unsupported("classification");
  }

  @Override
  public void fit(DataSetIterator iterator) {
    throw unsupported("fitting on its own; fit the ComputationGraph");
  }

  @Override
  public int[] predict(INDArray examples) {
    throw unsupported("classification");
  }

  @Override
  public List<String> predict(DataSet data) {
    throw unsupported("classification");
  }

  @Override
  public void fit(INDArray examples, INDArray classes) {
    throw unsupported("fitting on its own; fit the ComputationGraph");
  }

  @Override
  public void fit(DataSet data) {
    throw unsupported("fitting on its own; fit the ComputationGraph");
  }

  @Override
  public void fit(INDArray examples, int[] classes) {
    throw unsupported("fitting on its own; fit the ComputationGraph");
  }

  private static UnsupportedOperationException unsupported(String what) {
    return new UnsupportedOperationException("masked image modelling has no " + what);
  }
}
