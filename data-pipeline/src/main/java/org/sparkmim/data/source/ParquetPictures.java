package org.sparkmim.data.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Json;

/**
 * A table with {@code image{bytes,path}} and, optionally, {@code label} (a number or text), read
 * forwards row by row.
 */
final class ParquetPictures implements AutoCloseable {
  private final String path;
  private final ParquetFileReader reader;
  private final MessageType columns;
  private final List<BlockMetaData> groups;
  private int group = -1;
  private long groupEnd;
  private long nextRow;
  private RecordReader<Group> records;

  private ParquetPictures(String path, ParquetFileReader reader) {
    this.path = path;
    this.reader = reader;
    this.groups = reader.getFooter().getBlocks();
    this.columns = columns(path, reader.getFileMetaData().getSchema());
    reader.setRequestedSchema(columns);
  }

  /**
   * @throws DataException (input) for a table without the needed columns
   * @throws IOException when it is no readable Parquet file
   */
  static ParquetPictures open(Configuration hadoop, String path) throws IOException {
    try {
      ParquetFileReader reader =
          ParquetFileReader.open(HadoopInputFile.fromPath(new Path(path), hadoop));
      return new ParquetPictures(path, reader);
    } catch (DataException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new IOException(path + " is not a readable Parquet file: " + e.getMessage(), e);
    }
  }

  long rows() {
    return reader.getRecordCount();
  }

  boolean labelled() {
    return columns.containsField("label");
  }

  /** Label names that the Hugging Face writer leaves in the footer; empty without them. */
  List<String> labelNames() {
    String json = reader.getFileMetaData().getKeyValueMetaData().get("huggingface");
    List<String> names = new ArrayList<>();
    try {
      JsonNode root = Json.read(json == null ? "{}" : json, JsonNode.class);
      root.path("info")
          .path("features")
          .path("label")
          .path("names")
          .forEach(n -> names.add(n.asText()));
    } catch (JsonProcessingException e) {
      // The names are a comfort; numbers stand in for them.
      names.clear();
    }
    return names;
  }

  /**
   * One picture of the table.
   *
   * @param bytes encoded picture; empty when the cell is
   * @param name its file name, if the table has it
   * @param label number or text as text, if the cell has one
   */
  record Picture(byte[] bytes, Optional<String> name, Optional<String> label) {}

  /** Reads a row at or after the last one read. */
  Picture read(long row) throws IOException {
    try {
      seek(row);
      nextRow++;
      return picture(records.read());
    } catch (RuntimeException e) {
      throw new IOException(path + " cannot be read at row " + row + ": " + e.getMessage(), e);
    }
  }

  /** Whether the row still lies ahead. */
  boolean isAhead(long row) {
    return row >= nextRow;
  }

  private void seek(long row) throws IOException {
    while (row >= groupEnd) {
      if (group + 1 >= groups.size()) {
        throw new IOException("the table has only " + groupEnd + " rows");
      }
      group++;
      nextRow = groupEnd;
      groupEnd += groups.get(group).getRowCount();
      if (row >= groupEnd) {
        reader.skipNextRowGroup();
        nextRow = groupEnd;
      } else {
        PageReadStore pages = reader.readNextRowGroup();
        records =
            new ColumnIOFactory()
                .getColumnIO(columns)
                .getRecordReader(pages, new GroupRecordConverter(columns));
      }
    }
    for (; nextRow < row; nextRow++) {
      records.read();
    }
  }

  private Picture picture(Group row) {
    if (row.getFieldRepetitionCount("image") == 0) {
      return new Picture(new byte[0], Optional.empty(), label(row));
    }
    Group image = row.getGroup("image", 0);
    byte[] bytes =
        image.getFieldRepetitionCount("bytes") == 0
            ? new byte[0]
            : image.getBinary("bytes", 0).getBytes();
    boolean named =
        image.getType().containsField("path") && image.getFieldRepetitionCount("path") > 0;
    return new Picture(
        bytes, named ? Optional.of(image.getString("path", 0)) : Optional.empty(), label(row));
  }

  private Optional<String> label(Group row) {
    return labelled() && row.getFieldRepetitionCount("label") > 0
        ? Optional.of(row.getValueToString(row.getType().getFieldIndex("label"), 0))
        : Optional.empty();
  }

  private static MessageType columns(String path, MessageType schema) {
    Type image = schema.containsField("image") ? schema.getType("image") : null;
    if (image == null
        || image.isPrimitive()
        || !image.asGroupType().containsField("bytes")
        || !isBinary(image.asGroupType().getType("bytes"))) {
      throw DataException.input(
          "%s has no column image{bytes,path}; its columns are %s", path, schema.getFields());
    }
    List<Type> wanted = new ArrayList<>();
    List<Type> parts = new ArrayList<>();
    parts.add(image.asGroupType().getType("bytes"));
    if (image.asGroupType().containsField("path")
        && isBinary(image.asGroupType().getType("path"))) {
      parts.add(image.asGroupType().getType("path"));
    }
    wanted.add(new GroupType(image.getRepetition(), "image", parts));
    if (schema.containsField("label")) {
      Type label = schema.getType("label");
      if (!label.isPrimitive() || label.isRepetition(Type.Repetition.REPEATED)) {
        throw DataException.input(
            "The column label of %s must hold numbers or text, not %s", path, label);
      }
      wanted.add(label);
    }
    return new MessageType(schema.getName(), wanted);
  }

  private static boolean isBinary(Type type) {
    return type.isPrimitive()
        && !type.isRepetition(Type.Repetition.REPEATED)
        && type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
