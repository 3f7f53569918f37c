using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Templates;

namespace Fulcrum.Differential;

/// <summary>Compares the template engine with <c>@huggingface/jinja</c>, which runs in one process of
/// Node.js.</summary>
internal static class TemplateComparison
{
    /// <summary>Renders random templates with both.</summary>
    /// <param name="script"><c>render.mjs</c>.</param>
    /// <param name="packages">The folder in which <c>npm install</c> was run.</param>
    /// <returns>How many pairs both rendered, how many both refused, and the differences.</returns>
    public static (int Rendered, int Refused, IReadOnlyList<Difference> Differences) Run(
        string script,
        string packages,
        int pairs,
        int seed
    )
    {
        ProcessStartInfo start = new("node", [script, packages])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        using Process node = Process.Start(start)!;
        RandomTemplates random = new(new Random(seed));
        (int rendered, int refused, List<Difference> found) = (0, 0, []);
        for (int i = 0; i < pairs; i++)
        {
            (string template, JsonObject variables) = random.Next();
            JsonObject line = new() { ["template"] = template, ["variables"] = variables.DeepClone() };
            node.StandardInput.WriteLine(line.ToJsonString());
            node.StandardInput.Flush();
            string answer = node.StandardOutput.ReadLine() ?? throw new InvalidOperationException("node ended");
            JsonNode theirs = JsonNode.Parse(answer)!;
            (string? text, string? error) = Ours(template, variables);
            rendered += text is not null && theirs["text"] is not null ? 1 : 0;
            refused += text is null && theirs["text"] is null ? 1 : 0;
            if (text != (string?)theirs["text"])
            {
                found.Add(
                    new Difference(
                        "template",
                        line.ToJsonString(),
                        text is null ? $"refused: {error}" : JsonSerializer.Serialize(text),
                        theirs["error"] is { } other ? $"refused: {other}" : theirs["text"]!.ToJsonString()
                    )
                );
            }
        }

        node.StandardInput.Close();
        node.WaitForExit();
        return (rendered, refused, found);
    }

    private static (string? Text, string? Error) Ours(string template, JsonObject variables)
    {
        JsonObject settings = new()
        {
            ["bos_token"] = (string?)variables["bos_token"],
            ["eos_token"] = (string?)variables["eos_token"],
        };
        try
        {
            Dictionary<string, JsonNode?> others = variables
                .Where(v => v.Key is not ("messages" or "add_generation_prompt" or "bos_token" or "eos_token"))
                .ToDictionary(v => v.Key, v => v.Value);
            return (
                ChatTemplate
                    .Of(template, settings)
                    .Render(variables["messages"]!.AsArray(), (bool)variables["add_generation_prompt"]!, others),
                null
            );
        }
        catch (InputException e)
        {
            return (null, e.Message);
        }
    }
}
