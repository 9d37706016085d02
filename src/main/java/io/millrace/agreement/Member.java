package io.millrace.agreement;

/**
 * A broker that takes part in the cluster.
 *
 * @param brokerId from 0
 * @param session  tells one run of the broker's server from the next
 * @param url      base URL of its HTTP interface, without a slash at the end
 * @param rack     where it stands, or null: replicas are spread over racks
 */
public record Member(int brokerId, String session, String url, String rack) {
}
