package org.sparkmim.data.batch;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.io.Serializable;
import org.sparkmim.data.DataException;

/**
 * Loader threads of one task.
 *
 * @param threads threads, 0 for one per core of the task
 * @param queue batches prepared ahead of the engine, at least 1
 */
public record LoaderSettings(int threads, int queue) implements Serializable {
  public LoaderSettings {
    if (threads < 0 || threads > 1024) {
      throw DataException.argument("data.loader.threads must be auto or 1..1024, got %d", threads);
    }
    if (queue < 1 || queue > 1024) {
      throw DataException.argument("data.loader.queue must be 1..1024 batches, got %d", queue);
    }
  }

  /**
   * Reads {@code mim.data.loader}.
   *
   * @param mimData the section {@code mim.data}
   * @throws DataException (argument) for values of the wrong kind or outside their range
   */
  public static LoaderSettings from(Config mimData) {
    try {
      boolean auto = mimData.getString("loader.threads").equals("auto");
      int threads = auto ? 0 : mimData.getInt("loader.threads");
      if (!auto && threads == 0) {
        throw DataException.argument("data.loader.threads must be auto or 1..1024, got 0");
      }
      return new LoaderSettings(threads, mimData.getInt("loader.queue"));
    } catch (ConfigException e) {
      throw new DataException(
          DataException.Kind.ARGUMENT, "Cannot read data.loader: " + e.getMessage(), e);
    }
  }

  /** Threads to start on a task with that many cores. */
  public int threadsOn(int cores) {
    return threads > 0 ? threads : Math.max(1, cores);
  }
}
