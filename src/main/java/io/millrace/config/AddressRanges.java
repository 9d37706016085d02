package io.millrace.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** IP addresses, and ranges of them in CIDR notation. Nothing here is ever looked up. Immutable. */
public final class AddressRanges {
    /** The loopback addresses. */
    public static final String LOOPBACK = "127.0.0.0/8,::1";

    private static final Pattern IPV4 = Pattern.compile("(\\d{1,3}\\.){3}\\d{1,3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    private final List<Range> ranges;

    private record Range(byte[] first, int bits) {
        boolean contains(byte[] address) {
            if (address.length != first.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> bit % 8;
                if ((address[bit / 8] & mask) != (first[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }

    private AddressRanges(List<Range> ranges) {
        this.ranges = List.copyOf(ranges);
    }

    /**
     * @param text separated by commas, perhaps empty: {@code 10.0.0.0/8,::1}
     * @throws IllegalArgumentException when one of them is neither an address nor a range
     */
    public static AddressRanges of(String text) {
        List<Range> ranges = new ArrayList<>();
        for (String each : Arrays.stream(text.split(",")).map(String::strip).filter(each -> !each.isEmpty()).toList()) {
            int slash = each.indexOf('/');
            byte[] first = address(slash < 0 ? each : each.substring(0, slash));
            int all = first.length * 8;
            int bits = slash < 0 ? all : Integer.parseInt(each.substring(slash + 1));
            if (bits < 0 || bits > all) {
                throw new IllegalArgumentException(each + " has no such number of bits");
            }
            ranges.add(new Range(first, bits));
        }
        return new AddressRanges(ranges);
    }

    static boolean isValid(String text) {
        try {
            return of(text) != null;
        } catch (IllegalArgumentException noRange) {
            return false;
        }
    }

    /** @param address as a connection has it; what is no address is in no range */
    public boolean contains(String address) {
        int zone = address.indexOf('%');
        try {
            byte[] bytes = address(zone < 0 ? address : address.substring(0, zone));
            return ranges.stream().anyMatch(range -> range.contains(bytes));
        } catch (IllegalArgumentException noAddress) {
            return false;
        }
    }

    private static byte[] address(String text) {
        boolean isIpv6 = IPV6.matcher(text).matches();
        if (!isIpv6 && !IPV4.matcher(text).matches()) {
            throw new IllegalArgumentException(text + " is no IP address");
        }
        try {
            return InetAddress.getByName(isIpv6 ? "[" + text + "]" : text).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text + " is no IP address", e);
        }
    }
}
