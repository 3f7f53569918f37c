using System.Text.Json.Nodes;

namespace Fulcrum.Models;

/// <summary>Functions that convert texts to token ids and back, for one model.</summary>
/// <param name="Encode">Text to ids; true adds the special tokens that the model's tokenizer adds to a text.</param>
/// <param name="Decode">Ids to text, special tokens included.</param>
/// <param name="Render">Messages, and additional variables of the chat template, to the text of a prompt.</param>
/// <param name="Start">The token before a continuation of an empty prompt: the begin token, otherwise the end token;
/// null if the tokenizer has neither.</param>
internal sealed record TextCodec(
    Func<string, bool, int[]> Encode,
    Func<IReadOnlyList<int>, string> Decode,
    Func<JsonArray, IReadOnlyDictionary<string, JsonNode?>?, string> Render,
    int? Start = null
);
