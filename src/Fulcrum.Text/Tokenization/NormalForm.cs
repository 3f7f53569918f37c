using System.Text;

namespace Fulcrum.Tokenization;

/// <summary>Unicode normalization of any text. .NET's own refuses lone surrogates and U+FFFE.</summary>
internal static class NormalForm
{
    private const char ByteOrder = '\uFFFE';

    /// <summary>Returns a text in a normal form. Lone surrogates become U+FFFD.</summary>
    public static string Of(string text, NormalizationForm form)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        string valid = text.Any(char.IsSurrogate) ? string.Concat(text.EnumerateRunes()) : text;
        // U+FFFE never combines with its neighbours.
        return valid.Contains(ByteOrder)
            ? string.Join(ByteOrder, valid.Split(ByteOrder).Select(t => t.Normalize(form)))
            : valid.Normalize(form);
    }
}
