package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Everything that one program holds of the library; {@link #close} gives all of it back. */
final class Dnnl implements AutoCloseable {
  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();
  private final Deque<Runnable> cleanup = new ArrayDeque<>();
  private final Region scratchpad = new Region();

  Dnnl() {
    check(dnnl_engine_create(engine, dnnl_cpu, 0), "engine");
    cleanup.push(() -> dnnl_engine_destroy(engine));
    check(dnnl_stream_create(stream, engine, dnnl_stream_default_flags), "stream");
    cleanup.push(() -> dnnl_stream_destroy(stream));
  }

  dnnl_engine engine() {
    return engine;
  }

  /** Memory for the insides of primitives; shared, because they run one after the other. */
  Region scratchpad() {
    return scratchpad;
  }

  /** Memory that lives as long as the program, aligned to a cache line. */
  BytePointer allocate(long bytes) {
    BytePointer block = new BytePointer(bytes + 64);
    cleanup.push(block::close);
    long past = block.address() % 64;
    return past == 0 ? block : block.getPointer(64 - past);
  }

  /** Describes a tensor. */
  dnnl_memory_desc describe(Tensor tensor) {
    dnnl_memory_desc md = new dnnl_memory_desc();
    check(
        dnnl_memory_desc_create_with_strides(
            md, tensor.dims().length, tensor.dims(), tensor.type(), tensor.strides()),
        "memory description");
    cleanup.push(() -> dnnl_memory_desc_destroy(md));
    return md;
  }

  /** Describes a tensor whose layout a primitive may choose. */
  dnnl_memory_desc describeAny(int type, long... dims) {
    dnnl_memory_desc md = new dnnl_memory_desc();
    check(
        dnnl_memory_desc_create_with_tag(md, dims.length, dims, type, dnnl_format_tag_any),
        "memory description");
    cleanup.push(() -> dnnl_memory_desc_destroy(md));
    return md;
  }

  dnnl_memory memory(Tensor tensor) {
    dnnl_memory_desc md = describe(tensor);
    return tensor.region() == null
        ? memory(md, tensor.data())
        : memory(md, tensor.region(), tensor.bytes());
  }

  dnnl_memory memory(dnnl_memory_desc md, Pointer data) {
    dnnl_memory memory = new dnnl_memory();
    check(dnnl_memory_create(memory, md, engine, data), "memory");
    cleanup.push(() -> dnnl_memory_destroy(memory));
    return memory;
  }

  /** Memory of that size in a region, whose address is known later. */
  dnnl_memory memory(dnnl_memory_desc md, Region region, long bytes) {
    dnnl_memory memory = new dnnl_memory();
    check(dnnl_memory_create(memory, md, engine, null), "memory");
    cleanup.push(() -> dnnl_memory_destroy(memory));
    region.request(bytes, data -> check(dnnl_memory_set_data_handle(memory, data), "memory"));
    return memory;
  }

  /** Attributes of a primitive; starts without post-operations. */
  Attributes attributes() {
    return new Attributes();
  }

  /** What a primitive does beside its main work, in the order of the calls. */
  final class Attributes {
    private final dnnl_primitive_attr attr = new dnnl_primitive_attr();
    private final dnnl_post_ops postOps = new dnnl_post_ops();

    private Attributes() {
      check(dnnl_primitive_attr_create(attr), "attributes");
      cleanup.push(() -> dnnl_primitive_attr_destroy(attr));
      check(
          dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user),
          "scratchpad mode");
      check(dnnl_post_ops_create(postOps), "post-operations");
      cleanup.push(() -> dnnl_post_ops_destroy(postOps));
    }

    /** Adds to what the destination holds. */
    Attributes accumulate() {
      check(dnnl_post_ops_append_sum(postOps, 1f, 0, dnnl_data_type_undef), "sum");
      return this;
    }

    /** Multiplies the result. */
    Attributes scale(double factor) {
      check(
          dnnl_post_ops_append_eltwise(postOps, dnnl_eltwise_linear, (float) factor, 0f), "scale");
      return this;
    }

    dnnl_primitive_attr seal() {
      check(dnnl_primitive_attr_set_post_ops(attr, postOps), "post-operations");
      return attr;
    }
  }

  /** Registers a primitive description for destruction. */
  dnnl_primitive_desc own(dnnl_primitive_desc description) {
    cleanup.push(() -> dnnl_primitive_desc_destroy(description));
    return description;
  }

  /** Makes a primitive runnable on the given arguments. */
  Kernel kernel(dnnl_primitive_desc description, Map<Integer, dnnl_memory> arguments) {
    dnnl_primitive primitive = new dnnl_primitive();
    check(dnnl_primitive_create(primitive, description), "primitive");
    cleanup.push(() -> dnnl_primitive_destroy(primitive));
    Map<Integer, dnnl_memory> all = new LinkedHashMap<>(arguments);
    dnnl_memory_desc scratch =
        dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
    long scratchBytes = dnnl_memory_desc_get_size(scratch);
    if (scratchBytes > 0) {
      all.put(DNNL_ARG_SCRATCHPAD, memory(scratch, scratchpad, scratchBytes));
    }
    dnnl_exec_arg_t argv = new dnnl_exec_arg_t(all.size());
    cleanup.push(argv::close);
    int i = 0;
    for (Map.Entry<Integer, dnnl_memory> argument : all.entrySet()) {
      argv.getPointer(i++).arg(argument.getKey()).memory(argument.getValue());
    }
    int argc = all.size();
    return () -> check(dnnl_primitive_execute(primitive, stream, argc, argv), "execution");
  }

  @Override
  public void close() {
    while (!cleanup.isEmpty()) {
      cleanup.pop().run();
    }
  }

  static void check(int status, String what) {
    if (status != dnnl_success) {
      throw new IllegalStateException("oneDNN could not make " + what + ": status " + status);
    }
  }
}
