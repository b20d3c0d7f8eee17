package org.sparkmim.data.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Storage;

/**
 * All files of an input, sorted by path. Hidden ones (a path part that starts with a dot or an
 * underscore) are left out, as Hadoop and Spark do.
 *
 * @param root what was asked for, in full
 * @param files sorted by relative path
 */
public record SourceTree(String root, List<SourceFile> files) {
  /**
   * Lists a file, a directory with all below it, or whatever a glob pattern matches.
   *
   * @throws DataException (input) when there is nothing or it cannot be listed
   */
  public static SourceTree list(Configuration hadoop, String input) {
    Storage storage = Storage.at(hadoop, input);
    try {
      List<SourceFile> files = new ArrayList<>();
      FileStatus[] matches = matches(storage);
      for (FileStatus match : matches) {
        Path base = matches.length == 1 ? match.getPath() : match.getPath().getParent();
        if (match.isFile()) {
          files.add(file(match, match.getPath().getName()));
        } else {
          walk(storage.fileSystem(), match.getPath(), base, files);
        }
      }
      files.sort(Comparator.comparing(SourceFile::relative).thenComparing(SourceFile::path));
      return new SourceTree(storage.root().toString(), List.copyOf(files));
    } catch (IOException e) {
      throw new DataException(
          DataException.Kind.INPUT,
          "Cannot read the input " + storage.root() + ": " + e.getMessage(),
          e);
    }
  }

  private static FileStatus[] matches(Storage storage) throws IOException {
    FileSystem fileSystem = storage.fileSystem();
    if (fileSystem.exists(storage.root())) {
      return new FileStatus[] {fileSystem.getFileStatus(storage.root())};
    }
    FileStatus[] matches = fileSystem.globStatus(storage.root());
    if (matches == null || matches.length == 0) {
      throw DataException.input(
          "The input %s does not exist. Give an existing file, directory or glob pattern.",
          storage.root());
    }
    return matches;
  }

  private static void walk(FileSystem fileSystem, Path from, Path base, List<SourceFile> files)
      throws IOException {
    String prefix = base.toUri().getPath();
    RemoteIterator<LocatedFileStatus> all = fileSystem.listFiles(from, true);
    while (all.hasNext()) {
      FileStatus status = all.next();
      String relative = status.getPath().toUri().getPath().substring(prefix.length());
      relative = relative.startsWith("/") ? relative.substring(1) : relative;
      if (!isHidden(relative)) {
        files.add(file(status, relative));
      }
    }
  }

  private static SourceFile file(FileStatus status, String relative) {
    return new SourceFile(status.getPath().toString(), relative, status.getLen());
  }

  private static boolean isHidden(String relative) {
    for (String part : relative.split("/", -1)) {
      if (part.startsWith(".") || part.startsWith("_")) {
        return true;
      }
    }
    return false;
  }
}
