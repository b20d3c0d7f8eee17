package org.sparkmim.job.evaluate;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The rows of extracted features as Spark sees them: sample id, label, feature vector. */
final class FeatureTable {

  static final String ID = "id";
  static final String LABEL = "label";
  static final String FEATURES = "features";

  static final StructType SCHEMA =
      new StructType()
          .add(ID, DataTypes.LongType, false)
          .add(LABEL, DataTypes.IntegerType, false)
          .add(FEATURES, SQLDataTypes.VectorType(), false);

  private FeatureTable() {}

  static Row row(long id, int label, float[] features, int from, int dim) {
    double[] values = new double[dim];
    for (int d = 0; d < dim; d++) {
      values[d] = features[from + d];
    }
    return RowFactory.create(id, label, Vectors.dense(values));
  }

  /** Gathers rows of one width into arrays. */
  static FeatureBlock block(Iterator<Row> rows, int dim) {
    List<Row> held = new ArrayList<>();
    rows.forEachRemaining(held::add);
    float[] values = new float[Math.multiplyExact(held.size(), dim)];
    int[] labels = new int[held.size()];
    long[] ids = new long[held.size()];
    for (int i = 0; i < held.size(); i++) {
      Row row = held.get(i);
      ids[i] = row.getLong(0);
      labels[i] = row.getInt(1);
      Vector features = row.getAs(2);
      for (int d = 0; d < dim; d++) {
        values[i * dim + d] = (float) features.apply(d);
      }
    }
    return new FeatureBlock(dim, values, labels, ids);
  }
}
