package io.millrace.rest.internal;

import java.nio.ByteBuffer;

/** A coordinator's question for the answer to a poll, as bytes: version, group, consumer, number; the answer is one byte. */
final class PollAnswerCodec {
    private static final byte VERSION = 1;
    private static final byte YES = 1;

    private PollAnswerCodec() {
    }

    /** @param poll number of the poll */
    record Question(String group, String consumer, long poll) {
    }

    static ByteBuffer encode(Question question) {
        byte[] group = Texts.bytes(question.group());
        byte[] consumer = Texts.bytes(question.consumer());
        ByteBuffer out = ByteBuffer.allocate(1 + 2 * Short.BYTES + group.length + consumer.length + Long.BYTES);
        out.put(VERSION);
        Texts.put(out, group);
        Texts.put(out, consumer);
        return out.putLong(question.poll()).flip();
    }

    /** @throws InvalidMessageException when these bytes are no question */
    static Question decode(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        if (in.byteValue() != VERSION) {
            throw new InvalidMessageException("its version is not " + VERSION);
        }
        Question question = new Question(in.text(), in.text(), in.longValue());
        in.end();
        return question;
    }

    static byte[] answer(boolean written) {
        return new byte[] {written ? YES : 0};
    }

    static boolean isYes(byte[] answer) {
        return answer.length == 1 && answer[0] == YES;
    }
}
