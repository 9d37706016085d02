package io.millrace.rest.dialect;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The body of every error response.
 *
 * @param errorCode        the HTTP status
 * @param message          says what is wrong and what to do
 * @param validationErrors where a body misses the contract; left out of the JSON when empty
 * @param record           the stored record that the error is about; left out of the JSON when null
 */
public record ErrorBody(int errorCode, String message, List<String> validationErrors, RecordPlace record) {
    private static final byte[] ERROR_CODE = "{\"error_code\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MESSAGE = ",\"message\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VALIDATION_ERRORS = ",\"validation_errors\":[".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TOPIC = ",\"topic\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PARTITION = ",\"partition\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OFFSET = ",\"offset\":".getBytes(StandardCharsets.US_ASCII);

    public ErrorBody(int errorCode, String message) {
        this(errorCode, message, List.of());
    }

    public ErrorBody(int errorCode, String message, List<String> validationErrors) {
        this(errorCode, message, validationErrors, null);
    }

    /** Of a request that is refused. */
    public ErrorBody(RequestException refusal) {
        this(refusal.status(), refusal.getMessage(), refusal.validationErrors(), refusal.record().orElse(null));
    }

    public byte[] toJson() {
        ReusedBytes out = new ReusedBytes(256);
        writeTo(out);
        return out.toByteArray();
    }

    void writeTo(ReusedBytes out) {
        out.put(ERROR_CODE);
        out.putDecimal(errorCode);
        out.put(MESSAGE);
        JsonText.string(out, message);
        if (!validationErrors.isEmpty()) {
            out.put(VALIDATION_ERRORS);
            for (int i = 0; i < validationErrors.size(); i++) {
                if (i > 0) {
                    out.put((byte) ',');
                }
                JsonText.string(out, validationErrors.get(i));
            }
            out.put((byte) ']');
        }
        if (record != null) {
            out.put(TOPIC);
            JsonText.string(out, record.topic());
            out.put(PARTITION);
            out.putDecimal(record.partition());
            out.put(OFFSET);
            out.putDecimal(record.offset());
        }
        out.put((byte) '}');
    }
}
