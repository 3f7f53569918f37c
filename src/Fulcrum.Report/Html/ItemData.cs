using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Fulcrum.Report.Content;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Html;

/// <summary>The items as JSON for the browser: arrays in a fixed order, because a full MMLU has 14,042 of
/// them.</summary>
internal static class ItemData
{
    private const int LongestText = 4000;

    // Escapes what has a meaning in HTML and leaves the letters of other languages as they are.
    private static readonly JsonWriterOptions Options = new() { Encoder = Encoder() };

    /// <summary>The words and every item; holds no <c>&lt;</c>.</summary>
    public static string Print(RunReport report)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, Options))
        {
            json.WriteStartObject();
            Words(json, report.Words);
            json.WriteStartArray("benchmarks");
            foreach ((string name, IReadOnlyList<(Answer Before, Answer After)> pairs) in report.Answers)
            {
                Benchmark(json, name, pairs);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    // Turns of direction would reorder what stands around them in the file.
    private static JavaScriptEncoder Encoder()
    {
        TextEncoderSettings settings = new(UnicodeRanges.All);
        settings.ForbidCharacters('\u061c', '\u200e', '\u200f', '\ufeff');
        settings.ForbidRange(UnicodeRange.Create('\u2028', '\u202e'));
        settings.ForbidRange(UnicodeRange.Create('\u2066', '\u2069'));
        return JavaScriptEncoder.Create(settings);
    }

    private static void Benchmark(Utf8JsonWriter json, string name, IReadOnlyList<(Answer Before, Answer After)> pairs)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteStartArray("items");
        foreach ((Answer before, Answer after) in pairs)
        {
            json.WriteStartArray();
            foreach (string? text in (string?[])[before.Id, before.Cluster, before.Group, before.Input, before.Target])
            {
                Text(json, text);
            }

            Side(json, before);
            Side(json, after);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Side(Utf8JsonWriter json, Answer a)
    {
        json.WriteStartArray();
        Number(json, a.Score);
        Text(json, a.Prediction);
        Text(json, a.Output == a.Prediction ? null : a.Output);
        Text(json, a.Verdict);
        Text(json, a.Reason);
        if (a.LogLikelihoods is { } likelihoods && likelihoods.All(double.IsFinite))
        {
            json.WriteStartArray();
            foreach (double l in likelihoods)
            {
                json.WriteNumberValue(Math.Round(l, 3));
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteNullValue();
        }

        Number(json, a.Tokens);
        Text(json, a.Finish);
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void Text(Utf8JsonWriter json, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            json.WriteNullValue();
        }
        else
        {
            json.WriteStringValue(
                text.Length > LongestText
                    ? $"{text.AsSpan(0, char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText)} […]"
                    : text
            );
        }
    }

    private static void Words(Utf8JsonWriter json, Words words)
    {
        json.WriteStartObject("words");
        foreach (
            (string key, string text) in (IEnumerable<(string, string)>)
                [
                    ("all", words.Say("all", "todos")),
                    ("gained", words.Say("gained", "ganho")),
                    ("lost", words.Say("lost", "perdido")),
                    ("right", words.Say("right twice", "certo nas duas")),
                    ("wrong", words.Say("wrong twice", "errado nas duas")),
                    ("unscored", words.Say("unscored", "sem nota")),
                    ("before", words.Say("Before", "Antes")),
                    ("after", words.Say("After", "Depois")),
                    ("question", words.Say("Question", "Pergunta")),
                    ("target", words.Say("Gold answer", "Resposta de referência")),
                    ("output", words.Say("everything the model wrote", "tudo o que o modelo escreveu")),
                    ("tokens", "tokens"),
                    ("cut", words.Say("cut at the limit", "cortada no limite")),
                    ("empty", words.Say("no answer", "sem resposta")),
                    ("close", words.Say("Close", "Fechar")),
                    ("count", words.Say("{0} to {1} of {2} items", "{0} a {1} de {2} itens")),
                    ("nothing", words.Say("no item fits", "nenhum item corresponde")),
                ]
        )
        {
            json.WriteString(key, text);
        }

        json.WriteEndObject();
    }
}
