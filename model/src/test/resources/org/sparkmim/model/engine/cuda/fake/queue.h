// The one stream of the fake driver, known to the fake libraries.

#include <functional>

/** Appends to the queue, or to the graph that is being captured. */
void fake_enqueue(std::function<void()> work);
