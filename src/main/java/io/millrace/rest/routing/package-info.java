/**
 * Who answers a request, found before it comes to a resource: what another broker owns is passed on to it once, and its answer
 * through, without a thread that waits for either.
 *
 * <p>Begin with {@code OwnerRouting}, the step after {@code io.millrace.rest.entry}. {@code RouteTable} reads from a request whose it
 * is, {@code Owners} knows which broker that is, {@code Relay} passes it on; {@code RelayedBody} is the way there, {@code ClientAnswer}
 * the way back.
 *
 * <p>Laws: nothing is passed on twice; what the client says goes on as it is, and what brokers tell each other is never taken from it;
 * of a body as much is in memory as is reserved, of an answer as much as came at a time.
 */
package io.millrace.rest.routing;
