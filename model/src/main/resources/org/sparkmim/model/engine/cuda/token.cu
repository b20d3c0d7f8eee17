// Where tokens go, a warp for each row of width elements.

/** out[r] = table[ids[r]]. */
extern "C" __global__ void gather_rows(
    const T* table, const int* ids, T* out, Index rows, int width) {
  Index r = ROW;
  if (r < rows) {
    const T* from = table + (Index)ids[r] * width;
    FOR_WIDTH(j, width) { out[r * width + j] = from[j]; }
  }
}

/** to[ids[r]] = or += from[r]; no row is named twice. */
extern "C" __global__ void scatter_rows(
    const T* from, const int* ids, T* to, int add, Index rows, int width) {
  Index r = ROW;
  if (r < rows) {
    FOR_WIDTH(j, width) {
      leave(to + (Index)ids[r] * width + j, number(from[r * width + j]), add);
    }
  }
}

/** x [images, tokens, width] to out [images, 1 + tokens, width], the token first. */
extern "C" __global__ void prepend_token(
    const T* x, const float* token, T* out, int tokens, Index rows, int width) {
  Index r = ROW;
  if (r < rows) {
    Index image = r / (1 + tokens);
    Index t = r % (1 + tokens);
    FOR_WIDTH(j, width) {
      put(out + r * width + j,
          t == 0 ? token[j] : number(x[(image * tokens + t - 1) * width + j]));
    }
  }
}

/** from [images, all, width], without its first tokens, to = or += [images, kept, width]. */
extern "C" __global__ void take_tokens(
    const T* from, T* to, int add, int all, int first, int kept, Index rows, int width) {
  Index r = ROW;
  if (r < rows) {
    Index source = r / kept * all + first + r % kept;
    FOR_WIDTH(j, width) { leave(to + r * width + j, number(from[source * width + j]), add); }
  }
}

/** The gradient of dropped tokens is zero: rows of dx [images, dropped + kept, width]. */
extern "C" __global__ void drop_tokens_backward(
    const T* dout, T* dx, int add, int dropped, int kept, Index rows, int width) {
  Index r = ROW;
  if (r < rows) {
    Index image = r / (dropped + kept);
    Index t = r % (dropped + kept) - dropped;
    FOR_WIDTH(j, width) {
      leave(dx + r * width + j,
          t < 0 ? 0.0f : number(dout[(image * kept + t) * width + j]), add);
    }
  }
}

/** The first width elements of the first tokens of each image, of rows stride apart, are 0. */
extern "C" __global__ void clear_tokens(
    T* to, int cleared, int all, Index stride, Index rows, int width) {
  Index r = ROW;
  if (r < rows) {
    T* row = to + (r / cleared * all + r % cleared) * stride;
    FOR_WIDTH(j, width) { put(row + j, 0.0f); }
  }
}

/** out[b] = [front[b]; table[ids[b]]]: rows of out [images, front_rows + gathered, width]. */
extern "C" __global__ void gather_behind(
    const T* front, const T* table, const int* ids, T* out, int front_rows, int gathered,
    Index rows, int width) {
  Index r = ROW;
  if (r < rows) {
    Index image = r / (front_rows + gathered);
    Index t = r % (front_rows + gathered) - front_rows;
    const T* from = t < 0
        ? front + ((image + 1) * front_rows + t) * width
        : table + (Index)ids[image * gathered + t] * width;
    FOR_WIDTH(j, width) { out[r * width + j] = from[j]; }
  }
}

/** places[b, t]: which of an image's ids [images, gathered] is t, or -1. */
extern "C" __global__ void gathered_places(
    const int* ids, int gathered, int table_rows, int* places, Index count) {
  FOR_ELEMENTS(i, count) {
    const int* of_image = ids + i / table_rows * gathered;
    int place = -1;
    for (int m = 0; m < gathered; m++) {
      place = of_image[m] == (int)(i % table_rows) ? m : place;
    }
    places[i] = place;
  }
}

/** dtable [table_rows, width] = or += the rows of dout that came from each row, image by image. */
extern "C" __global__ void gather_behind_backward(
    const T* dout, const int* places, T* dtable, int add, int images, int front_rows,
    int gathered, int table_rows, int width, Index count) {
  FOR_ELEMENTS(i, count) {
    float sum = 0;
    for (int b = 0; b < images; b++) {
      int place = places[(Index)b * table_rows + i / width];
      if (place >= 0) {
        Index row = (Index)b * (front_rows + gathered) + front_rows + place;
        sum += number(dout[row * width + i % width]);
      }
    }
    leave(dtable + i, sum, add);
  }
}

/**
 * Tokens back in grid order: row r of out [images, first + tokens, width]; its rank is
 * restore[image * per_image + t]. Ranks below visible come from x [images, first + visible, width],
 * the rest is the mask token; positions [first + tokens, width] are added to the latter, and to
 * all where everywhere is set. The first tokens stay.
 */
extern "C" __global__ void restore_tokens(
    const T* x, const float* mask, const T* positions, const int* restore, T* out, int tokens,
    int first, int visible, int per_image, int everywhere, Index rows, int width) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  Index image = r / (first + tokens);
  int place = (int)(r % (first + tokens));
  int rank = place < first ? 0 : restore[image * per_image + place - first];
  Index source = image * (first + visible) + (place < first ? place : first + rank);
  FOR_WIDTH(j, width) {
    float token = rank < visible ? number(x[source * width + j]) : mask[j];
    bool placed = everywhere || rank >= visible;
    put(out + r * width + j,
        placed ? token + number(positions[(Index)place * width + j]) : token);
  }
}

/** dx of restore_tokens: rows of dout [images, first + tokens, width]. */
extern "C" __global__ void restore_tokens_backward(
    const T* dout, const int* restore, T* dx, int add, int tokens, int first, int visible,
    int per_image, Index rows, int width) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  Index image = r / (first + tokens);
  int place = (int)(r % (first + tokens));
  int rank = place < first ? 0 : restore[image * per_image + place - first];
  if (rank < visible) {
    Index to = image * (first + visible) + (place < first ? place : first + rank);
    FOR_WIDTH(j, width) { leave(dx + to * width + j, number(dout[r * width + j]), add); }
  }
}

/** out[i] = x[i] + positions[i % period]. */
extern "C" __global__ void add_positions(
    const T* x, const T* positions, T* out, Index period, Index count) {
  FOR_ELEMENTS(i, count) { put(out + i, number(x[i]) + number(positions[i % period])); }
}

/** out [images, width] = mean over tokens of x [images, tokens, width]. */
extern "C" __global__ void token_mean(const T* x, T* out, int tokens, int width, Index count) {
  FOR_ELEMENTS(i, count) {
    const T* from = x + i / width * tokens * width + i % width;
    float sum = 0;
    for (int t = 0; t < tokens; t++) {
      sum += number(from[(Index)t * width]);
    }
    put(out + i, sum / tokens);
  }
}

extern "C" __global__ void token_mean_backward(
    const T* dout, T* dx, int add, int tokens, int width, Index count) {
  FOR_ELEMENTS(i, count) {
    Index image = i / width / tokens;
    leave(dx + i, number(dout[image * width + i % width]) / tokens, add);
  }
}

/** x [B, image] plus branches that count as much for each image as scale [B] says. */
extern "C" __global__ void add_branch(
    const T* x, const T* branch, const float* scale, Index image, T* out, Index count) {
  FOR_ELEMENTS(i, count) {
    put(out + i, number(x[i]) + scale[i / image] * number(branch[i]));
  }
}

extern "C" __global__ void add_branch_backward(
    const float* scale, Index image, const T* dout, T* dbranch, int add, Index count) {
  FOR_ELEMENTS(i, count) { leave(dbranch + i, scale[i / image] * number(dout[i]), add); }
}
