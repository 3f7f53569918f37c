using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Prompts that a server is tried with.</summary>
internal static class Sample
{
    // Each is used when a completion of the one before it ends too early to compare anything.
    private static readonly string[] Texts =
    [
        "The river runs past the old mill and",
        "On Monday the baker sold twelve loaves of",
        "Milk, bread, butter,\n",
        "One, two, three, four,",
        "Question: What is the capital of France?\nAnswer:",
        "She opened the door (",
        "x = 12 + 30\n",
        "Dear Sir or Madam,\n\n",
    ];

    // Without a tokenizer: ids that every vocabulary has.
    private static readonly int[][] AnyIds =
    [
        [15, 16, 17, 18],
        [30, 31, 32, 33, 34],
        [50, 49, 48, 47],
        [66, 70, 74],
    ];

    /// <summary>How many there are.</summary>
    public static int Count => Texts.Length;

    /// <summary>One of them as a text.</summary>
    public static string Text(int which) => Texts[which];

    /// <summary>One of them as ids.</summary>
    public static int[] Ids(Server server, int which) =>
        server.Tokens.AreKnown ? server.Tokens.Encode(Texts[which]) : AnyIds[which % AnyIds.Length];

    /// <summary>The same in the form that a server takes.</summary>
    public static JsonNode Prompt(Server server, PromptForm form, int which) =>
        form == PromptForm.Text ? JsonValue.Create(Texts[which]) : Server.Array(Ids(server, which));
}
