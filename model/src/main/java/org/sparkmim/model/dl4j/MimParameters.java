package org.sparkmim.model.dl4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.nn.InitialValues;
import org.sparkmim.model.nn.ParameterLayout;

/**
 * Views into DL4J's flattened vectors under the published names.
 *
 * <p>DL4J cuts gradient keys at their last underscore, so its keys have a dash instead.
 */
final class MimParameters implements ParamInitializer {
  static final MimParameters INSTANCE = new MimParameters();

  private static final Map<String, ParameterLayout> LAYOUTS = new ConcurrentHashMap<>();

  private MimParameters() {}

  static String key(String officialName) {
    return officialName.replace('_', '-');
  }

  static String officialName(String key) {
    return key.replace('-', '_');
  }

  static ParameterLayout layout(Layer layer) {
    MimLayerConfiguration mim = (MimLayerConfiguration) layer;
    return LAYOUTS.computeIfAbsent(
        mim.modelSpec().toJson(), json -> Network.layoutOf(mim.modelSpec()));
  }

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    return layout(layer).size();
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    return layout(layer).entries().stream().map(e -> key(e.name())).toList();
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return layout(layer).entries().stream()
        .filter(ParameterLayout.Entry::decayed)
        .map(e -> key(e.name()))
        .toList();
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return layout(layer).entries().stream()
        .filter(e -> !e.decayed())
        .map(e -> key(e.name()))
        .toList();
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return weightKeys(layer).contains(key);
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return !isWeightParam(layer, key);
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray parameters, boolean initialise) {
    Map<String, INDArray> views = views(conf, parameters);
    views.keySet().forEach(conf::addVariable);
    if (initialise) {
      InitialValues.draw(
          layout(conf.getLayer()),
          conf.getSeed(),
          new OffHeap(Arrays.pointer(parameters), parameters.length()));
    }
    return views;
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray gradients) {
    return views(conf, gradients);
  }

  private static Map<String, INDArray> views(NeuralNetConfiguration conf, INDArray flat) {
    INDArray vector = flat.reshape(flat.length());
    Map<String, INDArray> views = new LinkedHashMap<>();
    for (ParameterLayout.Entry entry : layout(conf.getLayer()).entries()) {
      long[] shape = entry.shape().stream().mapToLong(Integer::longValue).toArray();
      views.put(
          key(entry.name()),
          vector
              .get(NDArrayIndex.interval(entry.offset(), entry.offset() + entry.size()))
              .reshape('c', shape));
    }
    return views;
  }
}
