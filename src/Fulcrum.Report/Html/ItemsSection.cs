using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;

namespace Fulcrum.Report.Html;

/// <summary>The browser of items; the script fills it from the data block.</summary>
internal static class ItemsSection
{
    public static Markup Of(RunReport report)
    {
        Words words = report.Words;
        return Markup.Of(
            $"""
            <noscript><p>{words.Say(
                "This browser of items needs JavaScript; the items are also in base/ and candidates/ of the "
                    + "run folder.",
                "Este navegador de itens precisa de JavaScript; os itens também estão em base/ e candidates/ "
                    + "da pasta da execução."
            )}</p></noscript>
            <div id="browser" hidden>
            <div class="bar" role="search" aria-label="{words.Say("Filter items", "Filtrar itens")}">
            {Candidates(report)}
            <label>{words.Say("task", "tarefa")}<select id="f-task"><option value="">{words.Say(
                "all",
                "todos"
            )}</option>{report.Shown.Tasks.Select(b =>
                Option(b.Task)
            )}</select></label>
            <label>{Together(report, Kinds.Group)}<select id="f-group"></select></label>
            <label>{Together(report, Kinds.Cluster)}<select id="f-cluster"></select></label>
            <label class="grow">{words.Say(
                "words in question, answer, query or id",
                "palavras em pergunta, resposta, consulta ou id"
            )}<input id="f-text" type="search" autocomplete="off" spellcheck="false"></label>
            <button id="clear" type="button">{words.Say("Show all", "Mostrar todos")}</button>
            </div>
            <fieldset id="f-outcome"><legend>{words.Say("outcome", "desfecho")}</legend>{(
                (string[])["", "gained", "lost", "right", "wrong", "unscored"]
            ).Select(o =>
                Markup.Of($"<button type=\"button\" data-outcome=\"{o}\" aria-pressed=\"false\"></button>")
            )}</fieldset>
            <p class="hint"><kbd>/</kbd> {words.Say("searches", "busca")} · <kbd>↑</kbd> <kbd>↓</kbd> {words.Say(
                "move between rows",
                "movem entre linhas"
            )} · <kbd>Enter</kbd> {words.Say("opens an item", "abre um item")} · <kbd>Esc</kbd> {words.Say(
                "closes it",
                "fecha"
            )} · <kbd>PgUp</kbd> <kbd>PgDn</kbd> {words.Say("turn pages", "mudam de página")}</p>
            <div class="bar"><span id="count" role="status" aria-live="polite"></span>{Turn(
                "previous",
                words.Say("← previous", "← anterior")
            )}{Turn("next", words.Say("next →", "próxima →"))}</div>
            <section id="item" tabindex="-1" aria-label="{words.Say("Opened item", "Item aberto")}" hidden></section>
            <p id="bounded" class="open" hidden></p>
            <div class="scroll"><table id="rows" aria-label="{words.Say(
                "Items",
                "Itens"
            )}"><colgroup><col class="outcome"><col class="id"><col class="cluster"><col class="group"><col></colgroup>
            <thead><tr>{Columns(report).Select(c =>
                Markup.Of($"<th scope=\"col\" data-sort=\"{c.Key}\"><button type=\"button\">{c.Title}</button></th>")
            )}</tr></thead><tbody></tbody></table></div>
            </div>
            <script type="application/json" id="items-data">{Markup.Data(ItemData.Print(report))}</script>
            """
        );
    }

    private static Markup Turn(string id, string text) =>
        Markup.Of($"<button id=\"{id}\" type=\"button\">{text}</button>");

    private static Markup Option(string name) => Markup.Of($"<option value=\"{name}\">{name}</option>");

    private static Markup Candidates(RunReport report) =>
        report.Comparison.Candidates.Count < 2
            ? Markup.Empty
            : Markup.Of(
                $"<label>{report.Words.Say("outcome of candidate", "desfecho do candidato")}<select "
                    + $"id=\"f-candidate\">"
                    + $"{report.Detailed.Select(c => Option(c.Name))}"
                    + $"</select></label>"
            );

    private static (string Key, string Title)[] Columns(RunReport report) =>
        [
            ("outcome", report.Words.Say("outcome", "desfecho")),
            ("id", "id"),
            ("cluster", Together(report, Kinds.Cluster)),
            ("group", Together(report, Kinds.Group)),
            ("question", report.Words.Say("question", "pergunta")),
        ];

    private static string Together(RunReport report, Func<RunReport, string, string> kind) =>
        string.Join(" / ", report.Shown.Tasks.Select(b => kind(report, b.Task)).Distinct());
}
