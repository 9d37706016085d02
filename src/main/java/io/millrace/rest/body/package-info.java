/**
 * Bodies and parameters of requests and answers, and the memory that they may hold.
 *
 * <p>Begin with {@code RequestBody} and {@code MemoryBudget}; {@code JsonBodies} binds small ones.
 */
package io.millrace.rest.body;
