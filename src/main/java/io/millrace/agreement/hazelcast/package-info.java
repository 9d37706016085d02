/**
 * Hazelcast: this server's member of it, how it is configured, and what it is asked for.
 *
 * <p>Begin with {@code MemberConfig} and {@code HazelcastMember}.
 */
package io.millrace.agreement.hazelcast;
