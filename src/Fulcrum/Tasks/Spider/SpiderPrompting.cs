using System.Collections.Concurrent;
using Fulcrum.Models;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Spider;

/// <summary>The prompts of a plan: form, style of the schema, evidence, custom template.</summary>
internal sealed class SpiderPrompting(SpiderPlan plan, SpiderFolder folder)
{
    private readonly TextTemplate? template = plan.Template is { } text ? new TextTemplate(text) : null;
    private readonly ConcurrentDictionary<string, string> schemas = new(StringComparer.Ordinal);

    /// <summary>Returns the prompt of a question.</summary>
    /// <exception cref="InputException">The template fails on the question; names it.</exception>
    public Prompt Of(SpiderExample example)
    {
        string question = example.Question.Trim();
        if (plan.Prompt == SpiderPromptForm.Raw3)
        {
            return RawSpiderPrompt.Of(folder.Schemas[example.DbId], question);
        }

        string schema = schemas.GetOrAdd(
            example.DbId,
            id => SpiderSchemaText.Of(folder.Schemas[id], plan.Schema, plan.ForeignKeys, folder.DatabaseFile(id))
        );
        string asked = template is null ? Usual(schema, example, question) : Custom(schema, example, question);
        return plan.Prompt == SpiderPromptForm.Plain
                ? new Prompt.Text(
                    template is null ? $"{SpiderPrompt.System}\n\n{asked}\n{RawSpiderPrompt.Marker}" : asked
                )
            : template is null
                ? new Prompt.Chat([new Message("system", SpiderPrompt.System), new Message("user", asked)])
            : new Prompt.Chat([new Message("user", asked)]);
    }

    private static string Usual(string schema, SpiderExample example, string question)
    {
        string evidence = example.Evidence is { Length: > 0 } text ? $"Evidence: {text.Trim()}\n" : "";
        return $"{schema}\n{evidence}Question: {question}";
    }

    private string Custom(string schema, SpiderExample example, string question)
    {
        try
        {
            return template!.Render(
                TemplateValues.Map([
                    KeyValuePair.Create("schema", (object?)schema),
                    KeyValuePair.Create("question", (object?)question),
                    KeyValuePair.Create("evidence", (object?)(example.Evidence ?? "")),
                    KeyValuePair.Create("db_id", (object?)example.DbId),
                ])
            );
        }
        catch (InputException e)
        {
            throw new InputException($"{plan.Name}: template: question {example.Index}: {e.Message}", e);
        }
    }
}
