package org.sparkmim.job.evaluate;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The rows of extracted features as Spark sees them: sample id, label, and the feature vectors of
 * the checkpoint and of the same network untrained.
 */
final class FeatureTable {

  static final String ID = "id";
  static final String LABEL = "label";
  static final String FEATURES = "features";
  static final String UNTRAINED = "untrained";

  static final StructType SCHEMA =
      new StructType()
          .add(ID, DataTypes.LongType, false)
          .add(LABEL, DataTypes.IntegerType, false)
          .add(FEATURES, SQLDataTypes.VectorType(), false)
          .add(UNTRAINED, SQLDataTypes.VectorType(), false);

  private FeatureTable() {}

  static Row row(long id, int label, Vector features, Vector untrained) {
    return RowFactory.create(id, label, features, untrained);
  }

  /** Elements {@code [from, from + dim)} as a dense vector. */
  static Vector vector(float[] values, int from, int dim) {
    double[] copy = new double[dim];
    for (int d = 0; d < dim; d++) {
      copy[d] = values[from + d];
    }
    return Vectors.dense(copy);
  }

  /** Sample id, label and one of the two feature columns under the name {@link #FEATURES}. */
  static Dataset<Row> select(Dataset<Row> table, String column) {
    return table.select(
        functions.col(ID), functions.col(LABEL), functions.col(column).as(FEATURES));
  }

  /** Gathers rows of (id, label, features) into arrays; no rows give an empty block. */
  static FeatureBlock block(Iterator<Row> rows) {
    List<Row> held = new ArrayList<>();
    rows.forEachRemaining(held::add);
    int dim = held.isEmpty() ? 0 : held.get(0).<Vector>getAs(2).size();
    float[] values = new float[Math.multiplyExact(held.size(), dim)];
    int[] labels = new int[held.size()];
    long[] ids = new long[held.size()];
    for (int i = 0; i < held.size(); i++) {
      Row row = held.get(i);
      ids[i] = row.getLong(0);
      labels[i] = row.getInt(1);
      double[] features = row.<Vector>getAs(2).toArray();
      for (int d = 0; d < dim; d++) {
        values[i * dim + d] = (float) features[d];
      }
    }
    return new FeatureBlock(dim, values, labels, ids);
  }
}
