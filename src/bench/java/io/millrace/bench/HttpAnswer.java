package io.millrace.bench;

/**
 * What came back for one request.
 *
 * @param status     HTTP status code
 * @param bodyBytes  length of the body, which is read to its end
 * @param offset     value of the header Millrace-Offset, or -1
 * @param nextOffset value of the header Millrace-Next-Offset, or -1
 * @param bodyStart  the first bytes of the body of an answer that is not 2xx, or of any where that was asked for; else empty
 */
record HttpAnswer(int status, long bodyBytes, long offset, long nextOffset, String bodyStart) {
    boolean successful() {
        return status >= 200 && status < 300;
    }
}
