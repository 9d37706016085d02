package io.millrace.rest.internal;

import io.millrace.group.delivery.HandedOn;
import java.nio.ByteBuffer;

/** A coordinator's question for the answer to a poll, as bytes: version, group, consumer, number, and of a
 * part of a stream, which is the second version, its end; the answer is one byte. */
final class PollAnswerCodec {
    private static final byte WHOLE = 1;
    private static final byte PART = 2;
    private static final byte YES = 1;
    /** Of a part of a stream: whoever asked is to ask again. */
    private static final byte NOT_YET = 2;

    private PollAnswerCodec() {
    }

    record Question(String group, String consumer, HandedOn answer) {
    }

    static ByteBuffer encode(Question question) {
        byte[] group = Texts.bytes(question.group());
        byte[] consumer = Texts.bytes(question.consumer());
        HandedOn answer = question.answer();
        ByteBuffer out = ByteBuffer.allocate(1 + 2 * Short.BYTES + group.length + consumer.length + 2 * Long.BYTES);
        out.put(answer.end() == 0 ? WHOLE : PART);
        Texts.put(out, group);
        Texts.put(out, consumer);
        out.putLong(answer.number());
        return (answer.end() == 0 ? out : out.putLong(answer.end())).flip();
    }

    /** @throws InvalidMessageException when these bytes are no question */
    static Question decode(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        byte version = in.byteValue();
        if (version != WHOLE && version != PART) {
            throw new InvalidMessageException("its version is not " + WHOLE + " or " + PART);
        }
        String group = in.text();
        String consumer = in.text();
        long number = in.longValue();
        long end = version == PART ? in.longValue() : 0;
        in.end();
        if (version == PART && end <= 0) {
            throw new InvalidMessageException("a part of a stream ends after 1 byte or more");
        }
        return new Question(group, consumer, new HandedOn(number, end));
    }

    static byte[] answer(boolean written) {
        return new byte[] {written ? YES : 0};
    }

    static byte[] notYet() {
        return new byte[] {NOT_YET};
    }

    static boolean isNotYet(byte[] answer) {
        return answer.length == 1 && answer[0] == NOT_YET;
    }

    static boolean isYes(byte[] answer) {
        return answer.length == 1 && answer[0] == YES;
    }
}
