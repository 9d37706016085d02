/**
 * Fetching: reads one partition or several, here and from other leaders, and waits for more when there is too little.
 *
 * <p>Begin with {@code Fetches}, for one partition, and {@code FetchAlls}, for several.
 */
package io.millrace.broker.fetch;
