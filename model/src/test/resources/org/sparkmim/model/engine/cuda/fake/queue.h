// Streams of the fake driver, known to the fake libraries.

#include <functional>

/** Appends to the queue of a stream, or to the graph that is being captured there. */
void fake_enqueue(void* stream, std::function<void()> work);
