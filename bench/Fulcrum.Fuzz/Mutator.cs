using System.Text;

namespace Fulcrum.Fuzz;

/// <summary>Changes an input in a few places: bits, bytes, numbers, words of the corpus, pieces of another
/// input.</summary>
internal sealed class Mutator
{
    private const int Longest = 1 << 14;
    private static readonly byte[][] Always =
    [
        .. new[]
        {
            "0",
            "-1",
            "1e999",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551616",
            "null",
            "true",
            "[]",
            "{}",
            "\"\"",
            "\\ud800",
            "\\u0000",
            "\0",
            "\r\n",
            "\n\n",
            "..",
            "/",
            "'",
            "\"",
            "`",
            "--",
            "/*",
            "*/",
            ";",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "%}",
            "{%",
            "{{",
            "}}",
            "|",
            "\u00ff",
            "🙂",
            "\u202e",
            "NaN",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private readonly byte[][] words;
    private readonly Random random;

    public Mutator(byte[][] corpus, Random random)
    {
        this.random = random;
        words =
        [
            .. Always,
            .. corpus.SelectMany(Words).Distinct(StringComparer.Ordinal).Select(Encoding.Latin1.GetBytes),
        ];
    }

    public byte[] Mutate(byte[] input, byte[] other)
    {
        List<byte> bytes = [.. input];
        for (int changes = 1 + random.Next(random.Next(4) == 0 ? 12 : 3); changes > 0; changes--)
        {
            Change(bytes, other);
        }

        return bytes.Count > Longest ? [.. bytes.Take(Longest)] : [.. bytes];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        int at = random.Next(bytes.Count + 1),
            length = Math.Min(bytes.Count - at, 1 + random.Next(random.Next(2) == 0 ? 4 : 60));
        switch (random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 4:
                bytes.InsertRange(at, words[random.Next(words.Length)]);
                break;
            case 5:
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, words[random.Next(words.Length)]);
                break;
            case 6 when other.Length > 0:
                int from = random.Next(other.Length);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + 1 + random.Next(80))]);
                break;
            case 7 when length > 0:
                byte[] piece = [.. bytes.GetRange(at, length)];
                for (int times = random.Next(40); times > 0; times--)
                {
                    bytes.InsertRange(at, piece);
                }

                break;
            default:
                bytes.RemoveRange(at, random.Next(20) == 0 ? bytes.Count - at : 0);
                break;
        }
    }

    private static IEnumerable<string> Words(byte[] seed)
    {
        StringBuilder word = new();
        foreach (char c in Encoding.Latin1.GetString(seed) + " ")
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.')
            {
                word.Append(c);
            }
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }
    }
}
