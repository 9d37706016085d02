package io.millrace.agreement;

/** Where a server's cluster member listens: {@code host:port}. */
public record MemberAddress(String host, int port) {
    /** @throws IllegalArgumentException when the text is not an address with a port */
    public static MemberAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        try {
            if (colon > 0) {
                return new MemberAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the cluster member " + text + " has no port: write host:port", e);
        }
        throw new IllegalArgumentException("the cluster member " + text + " has no port: write host:port");
    }
}
