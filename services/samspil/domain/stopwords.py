"""Words that say nothing about what a need is for: function words, and the words that every public notice holds."""

STOP_WORDS: dict[str, frozenset[str]] = {
    "da": frozenset(
        """
        af alle alt anden andet andre at bare behov blev blive bliver både da de dem den der deres det dette dig
        din disse dog du efter eller en end er et for fra få får før gennem gør ham han har hele hende her hos hun
        hvad hvem hver hvilke hvis hvor hvordan hvorfor ikke ind ingen ingenting jeg kan kom kommer kommune
        kommunen kommunens kun kunne løsning løsninger man mange med meget mellem men mens mere mest mod må måde
        når noget nogen nogle nu ny nye også om op os over på samt selv ses sig sin skal skulle som sådan så til ud
        under uden var ved vi vil ville vores være været år ønsker
        """.split()
    ),
    "no": frozenset(
        """
        alle alt andre annen annet at av bare begge behov ble bli blir både da de dei deira dem den denne der deres
        det dette disse du då eit ein eller en enn er et etter finnes for fra frå før få får gjennom gjør ha har
        hans helt her hjå hos hun hva hvem hver hvilke hvis hvor hvordan hvorfor ikke ikkje ingen inn jeg kan
        kommune kommunen kommunens kun kunne kvar kva kvifor løsning løsninger løysing man mange med meir mellom
        men mens mer mest mot må måte når noe noen nokon noko nå ny nye og også om opp oss over på samt selv seg
        sin sine sitt skal skulle slik som så til ut uten under var ved vi vil ville vår våre være vært år ønsker
        """.split()
    ),
    "sv": frozenset(
        """
        alla allt andra annan annat att av bara behov behöver bli blir blev både de dem den denna deras dess dessa
        det detta dig din du där då efter eller en enligt er ett finns för från få får före genom gör ha han har
        hela helt henne här hos hon hur icke in inga ingen inom inte jag kan kom kommer kommun kommunen kommunens
        kunna lösning lösningar man mellan men mer mest mot mycket måste möjlighet någon något några när nu ny nya
        och också om oss på sedan ska skall skulle som så samt sig sin sina själv under upp ur utan vad var varje
        vara varför varit vart vem vi vid vilka vilken vill vår våra än är år åt över önskar
        """.split()
    ),
    "fi": frozenset(
        """
        ei eivät emme en et ette että he heidän hän ilman itse ja jo joka jokainen joko jolla jonka jos jossa jota
        jotka jotta juuri kaikki kanssa keskellä koko koska kuin kuinka kun kunnan kunta kuten kyllä lisäksi me
        meidän meillä mikä mitkä mitä mukaan mutta muut myös niiden niin niitä noin nyt näiden näin nämä olemme oli
        olisi olla olleet on ovat pitää ratkaisu ratkaisun se sekä sen siitä sille sillä sitä tai tarve te tulee
        tulisi tämä tämän tätä uusi vai vain vaikka voi voidaan vuoden yli
        """.split()
    ),
    "en": frozenset(
        """
        about after all also and any are because been before being between both but can city council could did does
        doing down during each few for from further had has have having here how into its itself just made make
        many may more most must need needs new not now off once only other our out over own per same should
        solution solutions some such than that the their them then there these they this those through too under
        until upon use used using very want wants was way were what when where which while who whom why will with
        within without would year years you your
        """.split()
    ),
    "de": frozenset(
        """
        aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits bis da dabei
        dadurch damit dann das dass dem den der deren des dessen die dies diese diesem diesen dieser dieses doch
        dort durch ein eine einem einen einer eines er es etwas euch für gibt hat haben hier ihm ihn ihnen ihr ihre
        im in ist jede jedem jeden jeder jedes jedoch kann kein keine können lösung lösungen man mehr mit muss
        müssen nach neue neuen nicht noch nur ob oder ohne per schon sein seine seit sich sie sind so sollen sollte
        sowie stadt über um und uns unser unsere unter vom von vor war was weil weitere wenn werden wer wie wir
        wird wo wurde während zu zum zur zwischen
        """.split()
    ),
}
