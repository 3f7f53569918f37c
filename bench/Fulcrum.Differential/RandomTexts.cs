using System.Text;

namespace Fulcrum.Differential;

/// <summary>Random texts that meet the parts of tokenizers: words, digits, white space, scripts, marks, emoji, special
/// tokens.</summary>
internal sealed class RandomTexts(Random random)
{
    private static readonly string[] Pieces =
    [
        "the",
        "The",
        " of",
        "and",
        " SELECT",
        "count",
        "name",
        "it's",
        "IT'S",
        "don't",
        "we'll",
        "I'd",
        "'re",
        "'",
        "''",
        " ",
        "  ",
        "   ",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        " \n",
        "\u00a0",
        "\u2003",
        "\u3000",
        "\u200b",
        "\u200d",
        "0",
        "12",
        "345",
        "2024",
        "1,000",
        "3.14",
        "½",
        "²",
        "Ⅷ",
        "٣",
        "४",
        ".",
        ",",
        "!",
        "?",
        "...",
        "--",
        "(",
        ")",
        "\"",
        "`",
        "\\",
        "/",
        "_",
        "a_b",
        "$",
        "€",
        "+",
        "=",
        "#",
        "@",
        "&&",
        "¿",
        "。",
        "é",
        "e\u0301",
        "ü",
        "ß",
        "ﬁ",
        "Å",
        "A\u030a",
        "ñ",
        "İ",
        "ı",
        "ſ",
        "Σ",
        "ς",
        "\u0345",
        "\u0300",
        "日本語",
        "中文",
        "한국어",
        "각",
        "ไทย",
        "हिन्दी",
        "العربية",
        "עברית",
        "Привет",
        "ქართული",
        "ἀ",
        "🙂",
        "👩‍👩‍👧",
        "🇧🇷",
        "👍🏽",
        "𝒳",
        "𐐀",
        "𓙨",
        "\ufffd",
        "\ufeff",
        "\u00ad",
        "\u0000",
        "\u0007",
        "\u001c",
        "\u0085",
        "\u2028",
        "<s>",
        "</s>",
        "<unk>",
        "<|eot|>",
        "<|begin|>",
        "<|im_start|>",
        "<|end|>",
        "<x0>",
        "<x2>",
        "<x4>",
        "<x10>",
        "word1",
        "word3",
        "word5",
        "word11",
        "▁",
        "Ġ",
        "<0x41>",
    ];

    /// <summary>The next text, of up to 24 pieces.</summary>
    public string Next()
    {
        StringBuilder text = new();
        for (int left = random.Next(1, 25); left > 0; left--)
        {
            _ = random.Next(8) switch
            {
                < 6 => text.Append(Pieces[random.Next(Pieces.Length)]),
                6 => text.Append(Letters()),
                _ => text.Append(Scalar()),
            };
        }

        return text.ToString();
    }

    private string Letters() =>
        new([.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => (char)('a' + random.Next(26)))]);

    // Any character, assigned or not; half of them from the basic plane.
    private string Scalar()
    {
        int value = random.Next(2) == 0 ? random.Next(0x10000) : random.Next(0x110000);
        return Rune.IsValid(value) ? new Rune(value).ToString() : "x";
    }
}
