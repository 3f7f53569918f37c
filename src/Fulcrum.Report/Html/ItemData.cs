using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Html;

/// <summary>Writes the items as JSON for the browser. Arrays in a fixed order keep it small: MMLU has 14,042
/// items.</summary>
internal static class ItemData
{
    private const int LongestText = 4000,
        LongestPrompt = 1500,
        MostBytes = 32 << 20;

    // Escapes what has a meaning in HTML and leaves the letters of other languages as they are.
    private static readonly JsonWriterOptions Options = new() { Encoder = Encoder() };

    /// <summary>Returns the words and the items; the text has no <c>&lt;</c>.</summary>
    public static string Print(RunReport report)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, Options))
        {
            json.WriteStartObject();
            Words(json, report);
            json.WriteStartArray("candidates");
            foreach (CandidateComparison candidate in report.Detailed)
            {
                json.WriteStringValue(candidate.Name);
            }

            json.WriteEndArray();
            json.WriteStartArray("tasks");
            foreach ((string name, IReadOnlyList<ItemAnswers> items) in report.Items)
            {
                Task(json, name, items, MostBytes / report.Items.Count);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    // Turns of direction would reorder the text around them in the file.
    private static JavaScriptEncoder Encoder()
    {
        TextEncoderSettings settings = new(UnicodeRanges.All);
        settings.ForbidCharacters('\u061c', '\u200e', '\u200f', '\ufeff');
        settings.ForbidRange(UnicodeRange.Create('\u2028', '\u202e'));
        settings.ForbidRange(UnicodeRange.Create('\u2066', '\u2069'));
        return JavaScriptEncoder.Create(settings);
    }

    private static void Task(Utf8JsonWriter json, string name, IReadOnlyList<ItemAnswers> items, int most)
    {
        byte[][] pieces = [.. items.Select(Item)];
        HashSet<int> kept = Kept(items, pieces, most);
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteNumber("all", items.Count);
        json.WriteStartArray("items");
        for (int i = 0; i < pieces.Length; i++)
        {
            if (kept.Contains(i))
            {
                json.WriteRawValue(pieces[i], skipInputValidation: true);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Chooses the items that fit: those whose score differs between the sides first.</summary>
    internal static HashSet<int> Kept(IReadOnlyList<ItemAnswers> items, byte[][] pieces, int most)
    {
        long size = 0;
        return
        [
            .. Enumerable
                .Range(0, items.Count)
                .OrderBy(i => items[i].Candidates.All(c => c.Score == items[i].Base.Score))
                .TakeWhile(i => (size += pieces[i].Length) <= most),
        ];
    }

    private static byte[] Item(ItemAnswers item)
    {
        Answer b = item.Base;
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, Options))
        {
            json.WriteStartArray();
            foreach (string? text in (string?[])[b.Id, b.Cluster, b.Group, b.Input, b.Target])
            {
                Text(json, text);
            }

            Text(json, Prompt(item));
            Choices(json, b);
            foreach (Answer side in item.Candidates.Prepend(b))
            {
                Side(json, side);
            }

            json.WriteEndArray();
        }

        return stream.ToArray();
    }

    // The end of the prompt: what stands before it are worked examples, the same for many items.
    private static string? Prompt(ItemAnswers item)
    {
        Answer? asked = item.Candidates.Prepend(item.Base).FirstOrDefault(a => a.Requests is { Count: > 0 });
        if (asked?.Requests![0][0] is not { } prompt || prompt.Length <= LongestPrompt)
        {
            return asked?.Requests![0][0];
        }

        int start = prompt.Length - LongestPrompt;
        return $"[…] {prompt.AsSpan(char.IsLowSurrogate(prompt[start]) ? start + 1 : start)}";
    }

    // The texts among which the model chose; null where it wrote.
    private static void Choices(Utf8JsonWriter json, Answer answer)
    {
        if (answer.Requests is not { Count: > 1 } requests)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (IReadOnlyList<string> request in requests)
        {
            Text(json, request[1]);
        }

        json.WriteEndArray();
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
                    ? $"{text.AsSpan(0, char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText)}"
                        + $" […]"
                    : text
            );
        }
    }

    private static void Words(Utf8JsonWriter json, RunReport report)
    {
        Words words = report.Words;
        bool several = report.Comparison.Candidates.Count > 1;
        json.WriteStartObject("words");
        foreach (
            (string key, string text) in (IEnumerable<(string, string)>)
                [
                    ("all", words.Say("all", "todos")),
                    ("gained", words.Say("gained", "ganho")),
                    ("lost", words.Say("lost", "perdido")),
                    ("right", words.Say("right both times", "certo nas duas vezes")),
                    ("wrong", words.Say("wrong both times", "errado nas duas vezes")),
                    ("unscored", words.Say("unscored", "sem nota")),
                    ("before", several ? words.Say("Base", "Base") : words.Say("Before", "Antes")),
                    ("after", words.Say("After", "Depois")),
                    ("question", words.Say("Question", "Pergunta")),
                    ("prompt", words.Say("end of the prompt", "fim do prompt")),
                    ("target", words.Say("Gold answer", "Resposta de referência")),
                    ("output", words.Say("everything the model wrote", "tudo o que o modelo escreveu")),
                    ("tokens", "tokens"),
                    ("cut", words.Say("truncated at the token limit", "truncada no limite de tokens")),
                    ("empty", words.Say("no answer", "sem resposta")),
                    ("close", words.Say("Close", "Fechar")),
                    ("count", words.Say("{0} to {1} of {2} items", "{0} a {1} de {2} itens")),
                    ("nothing", words.Say("no item matches", "nenhum item corresponde")),
                    (
                        "bounded",
                        words.Say(
                            "To bound its size, this page holds {0} of the {1} items of {2}. "
                                + "Items whose score changed come first. The answer files of the run folder "
                                + "hold all of them.",
                            "Para limitar o seu tamanho, esta página contém {0} dos {1} itens de {2}. "
                                + "Os itens cuja nota mudou vêm primeiro. Os arquivos de respostas da pasta da "
                                + "execução contêm todos."
                        )
                    ),
                ]
        )
        {
            json.WriteString(key, text);
        }

        json.WriteEndObject();
    }
}
