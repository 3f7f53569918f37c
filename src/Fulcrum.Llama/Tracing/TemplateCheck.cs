using System.Text.Json.Nodes;
using Fulcrum.Templates;

namespace Fulcrum.Llama.Tracing;

/// <summary>Compares two chat templates by the texts that they render of some conversations.</summary>
internal static class TemplateCheck
{
    private const int Shown = 120,
        Context = 24;

    // One question, a system prompt, several turns with spaces that some templates trim.
    private static readonly string[] Conversations =
    [
        """[{"role":"user","content":"How many rivers are there?"}]""",
        """[{"role":"system","content":"Answer briefly."},{"role":"user","content":"How many rivers are there?"}]""",
        """
            [{"role":"user","content":" Hello "},{"role":"assistant","content":"Hi."},{"role":"user","content":"Who?"}]
            """,
    ];

    /// <summary>Returns a sentence with the first difference between the rendered texts; null if all are
    /// equal.</summary>
    /// <param name="settings">Names the special tokens.</param>
    public static string? Difference(string wanted, string found, JsonObject settings)
    {
        foreach (string conversation in Conversations)
        {
            string? right = Rendered(wanted, conversation, settings),
                wrong = Rendered(found, conversation, settings);
            if (right != wrong)
            {
                return $"the folder's chat template makes {Around(right, wrong)} of a conversation between user and "
                    + $"assistant, the file's {Around(wrong, right)}";
            }
        }

        // If neither template can be rendered, only their texts can be compared.
        return Rendered(wanted, Conversations[0], settings) is null
            ? $"the folder's chat template is {Around(wanted, found)}, the file's is {Around(found, wanted)}"
            : null;
    }

    /// <summary>Returns the beginning of a text, in quotation marks.</summary>
    public static string Quoted(string text) => JsonValue.Create(Printable.Cut(text, Shown)).ToJsonString(Relaxed);

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // Quotes a text from shortly before its first difference to the other text.
    private static string Around(string? text, string? other)
    {
        if (text is null)
        {
            return "no text, because it cannot be rendered,";
        }

        int common = text.AsSpan().CommonPrefixLength(other ?? "");
        return Quoted(text[Math.Max(0, common - Context)..]);
    }

    private static string? Rendered(string template, string conversation, JsonObject settings)
    {
        try
        {
            return ChatTemplate
                .Of(template, settings)
                .Render(JsonNode.Parse(conversation)!.AsArray(), addGenerationPrompt: true);
        }
        catch (InputException)
        {
            return null;
        }
    }
}
